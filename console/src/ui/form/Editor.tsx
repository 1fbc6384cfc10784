// The editor of one field, chosen by its schema.
import { useId, useState } from "preact/hooks";
import { Icon } from "../Icon";
import { kindOf, labelOf, pairSchema, resolve, type Schema, type Value } from "./schema";

export interface FieldHints {
  label?: string;
  hint?: string;
  placeholder?: string;
  /** Words for the values of a choice, or a list of values for a text, such as the ids of flows with their names. */
  choices?: ReadonlyArray<readonly [value: string, label: string]>;
  secret?: boolean;
  /** The field takes the whole width. */
  whole?: boolean;
}

interface EditorProps {
  name: string;
  schema: Schema;
  value: unknown;
  hints?: FieldHints;
  /** What is wrong with the value. */
  fault?: string;
  required?: boolean;
  onChange: (value: unknown) => void;
}

export function Editor(props: EditorProps) {
  const schema = resolve(props.schema);
  const id = useId();
  const kind = kindOf(schema);
  const label = props.hints?.label ?? labelOf(props.name);
  const hint = props.hints?.hint ?? schema.description?.replaceAll("`", "");
  const described = { id, "aria-describedby": hint || props.fault ? `${id}-hint` : undefined, "aria-invalid": props.fault ? true : undefined };
  const note = (
    <span id={`${id}-hint`}>
      {props.fault && <span class="fault" role="alert">{props.fault} </span>}
      {hint && <span class="hint">{hint}</span>}
    </span>
  );
  if (kind === "switch") {
    return (
      <div class="switch-field">
        <input type="checkbox" role="switch" class="switch" checked={props.value === true} {...described}
          onChange={(event) => props.onChange(event.currentTarget.checked)} />
        <div><label for={id}>{label}</label><div>{note}</div></div>
      </div>
    );
  }
  const whole = props.hints?.whole || kind === "json" || kind === "pairs";
  return (
    <div class={`field ${whole ? "whole" : ""}`}>
      <label for={id}>{label}{props.required && <span class="muted"> (required)</span>}</label>
      <Control {...props} schema={schema} described={described} />
      {note}
    </div>
  );
}

type Described = { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean };

function Control({ schema, value, hints, required, onChange, described }: EditorProps & { described: Described }) {
  switch (kindOf(schema)) {
    case "choice":
      return <Choice options={hints?.choices ?? (schema.enum ?? []).map((each) => [String(each), each === "" ? "–" : labelOf(String(each))] as const)}
        value={value} described={described} onChange={onChange} />;
    case "number":
      return <input type="number" step={schema.type === "integer" ? 1 : "any"} min={schema.minimum} max={schema.maximum} {...described}
        value={value === undefined || value === null ? "" : String(value)} placeholder={hints?.placeholder} required={required}
        onInput={(event) => onChange(event.currentTarget.value === "" ? undefined : Number(event.currentTarget.value))} />;
    case "list":
      return <input {...described} value={Array.isArray(value) ? value.join(", ") : ""} placeholder={hints?.placeholder ?? "one, two"} spellcheck={false}
        onChange={(event) => onChange(event.currentTarget.value.split(",").map((each) => each.trim()).filter(Boolean))} />;
    case "pairs":
      return <Pairs values={pairSchema(schema)} value={(value ?? {}) as Record<string, string>} described={described} onChange={onChange} />;
    case "object":
      return <Nested schema={schema} value={(value ?? {}) as Value} onChange={onChange} />;
    case "json":
      return <Json value={value} described={described} onChange={onChange} />;
    default:
      if (hints?.choices) return <Choice options={hints.choices} value={value} described={described} onChange={onChange} />;
      return <input type={hints?.secret ? "password" : "text"} autocomplete="off" spellcheck={false} maxLength={schema.maxLength} {...described}
        value={value === undefined || value === null ? "" : String(value)} placeholder={hints?.placeholder} required={required}
        onInput={(event) => onChange(event.currentTarget.value)} />;
  }
}

interface ChoiceProps {
  options: ReadonlyArray<readonly [string, string]>;
  value: unknown;
  described: Described;
  onChange: (value: unknown) => void;
}

function Choice({ options, value, described, onChange }: ChoiceProps) {
  return (
    <select {...described} value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value)}>
      {options.map(([each, label]) => <option key={each} value={each}>{label}</option>)}
    </select>
  );
}

function Nested({ schema, value, onChange }: { schema: Schema; value: Value; onChange: (value: unknown) => void }) {
  return (
    <div class="card padded">
      {Object.entries(schema.properties ?? {}).map(([name, field]) => (
        <Editor key={name} name={name} schema={field} value={value[name] ?? field.default} required={schema.required?.includes(name)}
          onChange={(changed) => onChange({ ...value, [name]: changed })} />
      ))}
    </div>
  );
}

interface PairsProps {
  values?: Schema;
  value: Record<string, string>;
  described: Described;
  onChange: (value: unknown) => void;
}

/** An object with free keys: a row for each. */
function Pairs({ values, value, described, onChange }: PairsProps) {
  const [rows, setRows] = useState<ReadonlyArray<readonly [string, string]>>(Object.entries(value));
  const first = values?.enum ? String(values.enum[0] ?? "") : "";
  const change = (next: ReadonlyArray<readonly [string, string]>) => {
    setRows(next);
    onChange(Object.fromEntries(next.filter(([key]) => key !== "")));
  };
  const set = (index: number, row: readonly [string, string]) => change(rows.map((each, at) => (at === index ? row : each)));
  return (
    <div class="pairs" role="group" aria-describedby={described["aria-describedby"]}>
      {rows.map(([key, text], index) => (
        <div class="pair" key={index}>
          <input aria-label="Key" value={key} spellcheck={false} onInput={(event) => set(index, [event.currentTarget.value, text])} />
          {values?.enum ? (
            <select aria-label="Value" value={text} onChange={(event) => set(index, [key, event.currentTarget.value])}>
              {values.enum.map((each) => <option key={String(each)} value={String(each)}>{labelOf(String(each))}</option>)}
            </select>
          ) : (
            <input aria-label="Value" value={text} onInput={(event) => set(index, [key, event.currentTarget.value])} />
          )}
          <button class="ghost icon" type="button" aria-label="Remove" onClick={() => change(rows.filter((_, at) => at !== index))}><Icon name="close" /></button>
        </div>
      ))}
      <div><button id={described.id} class="small icon-text" type="button" onClick={() => change([...rows, ["", first]])}><Icon name="plus" size={15} />Add</button></div>
    </div>
  );
}

/** Anything else, as JSON. */
function Json({ value, described, onChange }: { value: unknown; described: Described; onChange: (value: unknown) => void }) {
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const [fault, setFault] = useState("");
  const read = (typed: string) => {
    setText(typed);
    try {
      onChange(typed.trim() ? JSON.parse(typed) : undefined);
      setFault("");
    } catch (error) {
      setFault(error instanceof Error ? error.message : "not JSON");
    }
  };
  return (
    <>
      <textarea {...described} spellcheck={false} value={text} aria-invalid={fault ? true : described["aria-invalid"]} onInput={(event) => read(event.currentTarget.value)} />
      {fault && <span class="fault" role="alert">Not valid JSON: {fault}</span>}
    </>
  );
}

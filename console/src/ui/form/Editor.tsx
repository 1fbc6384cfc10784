// The editor of one field, chosen by its schema.
import { useId, useState } from "preact/hooks";
import { Json } from "./Json";
import { Nested, Objects } from "./Objects";
import { Pairs } from "./Pairs";
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
  /** A text with a variable, such as ${name}, may be in its place. */
  variables?: boolean;
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

const TEXT: Schema = { type: "string" };

export function Editor(props: EditorProps) {
  const resolved = resolve(props.schema);
  const id = useId();
  const [variable, setVariable] = useState(typeof props.value === "string" && props.value.includes("${"));
  const takesVariable = props.hints?.variables && kindOf(resolved) !== "text";
  const schema = takesVariable && variable ? TEXT : resolved;
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
  const toggle = takesVariable && (
    <button type="button" class="ghost small variable" aria-pressed={variable} aria-label={`Use a variable for ${label}`} title="Use a variable"
      onClick={() => (setVariable(!variable), props.onChange(undefined))}>{"${ }"}</button>
  );
  if (kind === "switch") {
    return (
      <div class="switch-field">
        <input type="checkbox" role="switch" class="switch" checked={props.value === true} {...described}
          onChange={(event) => props.onChange(event.currentTarget.checked)} />
        <div class="grow"><label for={id}>{label}</label><div>{note}</div></div>
        {toggle}
      </div>
    );
  }
  const whole = props.hints?.whole || ["json", "pairs", "object", "objects"].includes(kind);
  return (
    <div class={`field ${whole ? "whole" : ""}`}>
      <div class="field-head"><label for={id}>{label}{props.required && <span class="muted"> (required)</span>}</label>{toggle}</div>
      <Control {...props} hints={variable ? { placeholder: "${variable}" } : props.hints} schema={schema} described={described} />
      {note}
    </div>
  );
}

export type Described = { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean };

function Control({ name, schema, value, hints, required, onChange, described }: EditorProps & { described: Described }) {
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
        onChange={(event) => onChange(listOf(event.currentTarget.value, schema))} />;
    case "pairs":
      return <Pairs values={pairSchema(schema)} choices={hints?.choices} value={(value ?? {}) as Record<string, string>} described={described} onChange={onChange} />;
    case "object":
      return <Nested schema={schema} value={(value ?? {}) as Value} onChange={onChange} />;
    case "objects":
      return <Objects name={name} items={resolve(schema.items ?? {})} value={Array.isArray(value) ? (value as Value[]) : []} onChange={onChange} />;
    case "json":
      return <Json value={value} described={described} onChange={onChange} />;
    default:
      if (hints?.choices) return <Choice options={hints.choices} value={value} described={described} onChange={onChange} />;
      return <input type={hints?.secret ? "password" : "text"} autocomplete="off" spellcheck={false} maxLength={schema.maxLength} {...described}
        value={value === undefined || value === null ? "" : String(value)} placeholder={hints?.placeholder} required={required}
        onInput={(event) => onChange(event.currentTarget.value)} />;
  }
}

function listOf(text: string, schema: Schema): unknown[] {
  const words = text.split(",").map((each) => each.trim()).filter(Boolean);
  return resolve(schema.items ?? {}).type === "integer" ? words.map(Number) : words;
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

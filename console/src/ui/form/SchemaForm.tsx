// A form made from the schema of a request's body: sections and words come from the view, fields and limits from the server.
import { useEffect, useState } from "preact/hooks";
import { explain, RequestFailed } from "../../api/errors";
import { send, type ApiRequest } from "../../api/request";
import { RequestText } from "../Act";
import { Editor, type FieldHints } from "./Editor";
import { loadSchemas, withoutDefaults, type Schema, type Value } from "./schema";

export interface Section {
  title?: string;
  /** The names of its fields; a section without fields has all that no other section names. */
  fields?: readonly string[];
  /** Shown only when it is opened. */
  folded?: boolean;
}

interface SchemaFormProps<A> {
  /** The name of the body's schema, such as ConferenceBody. */
  schema: string;
  value?: Value;
  sections?: readonly Section[];
  hints?: Readonly<Record<string, FieldHints>>;
  /** Fields that are not shown; their values are sent as they are. */
  omit?: readonly string[];
  submit: string;
  request: (value: Value) => ApiRequest<A>;
  done: (answer: A) => void;
  /** The form stays after it was sent, with the values of these fields. */
  kept?: readonly string[];
  cancel?: () => void;
}

/** Return the field that an error of the server is about: its message begins with the path of the field. */
function faultOf(error: unknown, schema: Schema): readonly [field: string, message: string] | undefined {
  if (!(error instanceof RequestFailed)) return undefined;
  const found = /^([a-z_]+)[\w.]*: (.*)$/s.exec(error.message);
  return found?.[1] && found[2] && schema.properties?.[found[1]] ? [found[1], found[2]] : undefined;
}

export function SchemaForm<A>(props: SchemaFormProps<A>) {
  const [schema, setSchema] = useState<Schema>();
  const [value, setValue] = useState<Value>(props.value ?? {});
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    loadSchemas().then((schemas) => setSchema(schemas[props.schema])).catch(setError);
  }, [props.schema]);
  if (!schema) return error ? <p class="note bad">{explain(error)}</p> : <p class="muted">Loading</p>;

  const request = props.request(withoutDefaults(schema, value));
  const fault = faultOf(error, schema);
  const names = Object.keys(schema.properties ?? {}).filter((name) => !props.omit?.includes(name));
  const sections = props.sections ?? [{}];
  const named = new Set(sections.flatMap((section) => section.fields ?? []));

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      const answer = await send(request);
      if (props.kept) setValue((before) => Object.fromEntries(props.kept!.map((name) => [name, before[name]])));
      props.done(answer);
    } catch (failed) {
      setError(failed);
    } finally {
      setBusy(false);
    }
  }

  const editor = (name: string) => {
    const field = schema.properties?.[name];
    return field && (
      <Editor key={name} name={name} schema={field} value={value[name] ?? field.default} hints={props.hints?.[name]}
        required={schema.required?.includes(name)} fault={fault?.[0] === name ? fault[1] : undefined}
        onChange={(changed) => setValue((before) => ({ ...before, [name]: changed }))} />
    );
  };

  return (
    <form class="schema-form" onSubmit={(event) => void submit(event)}>
      {sections.map((section, index) => {
        const fields = section.fields ?? names.filter((name) => !named.has(name));
        if (fields.length === 0) return null;
        const grid = <div class="form-grid">{fields.map(editor)}</div>;
        return (
          <fieldset class="form-section" key={index}>
            {section.title && !section.folded && <legend>{section.title}</legend>}
            {section.folded ? <details class="disclosure" open={fields.includes(fault?.[0] ?? "")}><summary>{section.title}</summary>{grid}</details> : grid}
          </fieldset>
        );
      })}
      {error !== undefined && !fault && <p class="note bad" role="alert">{explain(error)}</p>}
      <details class="disclosure"><summary>Show the request</summary><RequestText request={request} /></details>
      <footer class="dialog-foot">
        {props.cancel && <button type="button" onClick={props.cancel}>Cancel</button>}
        <button class="primary" type="submit" aria-disabled={busy}>{props.submit}</button>
      </footer>
    </form>
  );
}

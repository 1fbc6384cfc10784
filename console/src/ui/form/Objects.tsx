// The editors of an object, and of a list of objects: a card for each.
import { Icon } from "../Icon";
import { Editor } from "./Editor";
import { labelOf, type Schema, type Value } from "./schema";

export function Nested({ schema, value, onChange }: { schema: Schema; value: Value; onChange: (value: unknown) => void }) {
  return (
    <div class="card padded nested">
      <Fields schema={schema} value={value} onChange={onChange} />
    </div>
  );
}

interface ObjectsProps {
  name: string;
  items: Schema;
  value: readonly Value[];
  onChange: (value: unknown) => void;
}

export function Objects({ name, items, value, onChange }: ObjectsProps) {
  const one = labelOf(name.replace(/s$/, ""));
  return (
    <div class="objects">
      {value.map((each, index) => (
        <fieldset class="card padded nested" key={index}>
          <legend class="visually-hidden">{one} {index + 1}</legend>
          <Fields schema={items} value={each} onChange={(changed) => onChange(value.map((other, at) => (at === index ? changed : other)))} />
          <button class="small icon-text danger" type="button" onClick={() => onChange(value.filter((_, at) => at !== index))}>
            <Icon name="close" size={15} />Remove {one.toLowerCase()} {index + 1}
          </button>
        </fieldset>
      ))}
      <div><button class="small icon-text" type="button" onClick={() => onChange([...value, {}])}><Icon name="plus" size={15} />Add {one.toLowerCase()}</button></div>
    </div>
  );
}

function Fields({ schema, value, onChange }: { schema: Schema; value: Value; onChange: (value: Value) => void }) {
  return (
    <div class="form-grid">
      {Object.entries(schema.properties ?? {}).map(([name, field]) => (
        <Editor key={name} name={name} schema={field} value={value[name] ?? field.default} required={schema.required?.includes(name)}
          onChange={(changed) => onChange({ ...value, [name]: changed })} />
      ))}
    </div>
  );
}

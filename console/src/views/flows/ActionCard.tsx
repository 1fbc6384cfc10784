// One action of a flow: its type, and a form made from the schema of its option.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon } from "../../ui/Icon";
import { Editor } from "../../ui/form/Editor";
import { withValue } from "../../ui/form/choices";
import { Json } from "../../ui/form/Json";
import { labelOf, type Value } from "../../ui/form/schema";
import { hintsOf, isMinor, type Action, type ActionTypes, type References } from "./actions";
import type { Fault } from "./faults";

interface ActionCardProps {
  action: Action;
  index: number;
  last: boolean;
  types: ActionTypes;
  references: References;
  fault?: Fault;
  onChange: (action: Action) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

export function ActionCard({ action, index, last, types, references, fault, onChange, onMove, onRemove }: ActionCardProps) {
  const card = useRef<HTMLLIElement>(null);
  const heading = useId();
  const type = types.get(action.type);
  useEffect(() => {
    if (fault) card.current?.querySelector<HTMLElement>("[aria-invalid], .fault")?.scrollIntoView({ block: "center" });
  }, [fault]);
  return (
    <li ref={card} class={`card action ${fault ? "faulty" : ""}`} aria-labelledby={heading}>
      <header>
        <h3 id={heading}><span class="step" aria-hidden="true">{index + 1}</span><span class="visually-hidden">Action {index + 1}: </span>{labelOf(action.type)}</h3>
        <div class="row tight">
          <button class="ghost icon small" type="button" aria-label={`Move action ${index + 1} up`} title="Move up" disabled={index === 0} onClick={() => onMove(index - 1)}><Icon name="up" size={16} /></button>
          <button class="ghost icon small" type="button" aria-label={`Move action ${index + 1} down`} title="Move down" disabled={last} onClick={() => onMove(index + 1)}><Icon name="down" size={16} /></button>
          <button class="ghost icon small danger" type="button" aria-label={`Remove action ${index + 1}`} title="Remove" onClick={onRemove}><Icon name="close" size={16} /></button>
        </div>
      </header>
      <div class="action-body">
        <p class="muted small">{type ? type.about.replaceAll("`", "") : "This server does not execute this type: calls skip it."}</p>
        {fault && !(type && fault.field in type.fields) && <p class="note bad" role="alert">{fault.field && `${labelOf(fault.field)}: `}{fault.message}</p>}
        {type ? <Options key={action.type} action={action} types={types} references={references} fault={fault} onChange={onChange} />
          : <OtherOption action={action} onChange={onChange} />}
      </div>
    </li>
  );
}

type OptionsProps = Pick<ActionCardProps, "action" | "types" | "references" | "fault" | "onChange">;

function Options({ action, types, references, fault, onChange }: OptionsProps) {
  const fields = Object.entries(types.get(action.type)?.fields ?? {});
  // Chosen once: a field does not move while it is filled in.
  const [minor] = useState(() => new Set(fields.filter(([name, schema], index) => isMinor(name, index, schema) && !action.option[name]).map(([name]) => name)));
  const set = (name: string, value: unknown) => onChange({ ...action, option: { ...action.option, [name]: value } });
  const editor = ([name, schema]: (typeof fields)[number]) => (
    <Editor key={name} name={name} schema={schema} value={action.option[name] ?? schema.default} hints={hintsOf(name, action.option[name], references)}
      fault={fault?.field === name ? fault.message : undefined} onChange={(value) => set(name, value)} />
  );
  return (
    <>
      <div class="form-grid">{fields.filter(([name]) => !minor.has(name)).map(editor)}</div>
      <details class="disclosure" open={minor.has(fault?.field ?? "")}>
        <summary>More options</summary>
        <div class="form-grid">
          {fields.filter(([name]) => minor.has(name)).map(editor)}
          <Editor name="next_id" schema={{ type: "string" }} value={action.next_id} hints={{ label: "Then continue with", choices: withValue(references.targets, action.next_id) }}
            onChange={(next_id) => onChange({ ...action, next_id: String(next_id) })} />
        </div>
        <p class="muted small">Id <code>{action.id}</code></p>
      </details>
    </>
  );
}

function OtherOption({ action, onChange }: Pick<ActionCardProps, "action" | "onChange">) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Option</label>
      <Json value={action.option} described={{ id }} onChange={(option) => onChange({ ...action, option: (option ?? {}) as Value })} />
    </div>
  );
}

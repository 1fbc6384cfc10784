// The actions of a flow in their order, and what adds one.
import { useState } from "preact/hooks";
import { Icon } from "../../ui/Icon";
import { Empty } from "../../ui/notes";
import { labelOf } from "../../ui/form/schema";
import { ActionCard } from "./ActionCard";
import { newAction, targetsOf, type Action, type ActionTypes, type References } from "./actions";
import type { Fault } from "./faults";

interface ActionsProps {
  actions: readonly Action[];
  types: ActionTypes;
  references: Omit<References, "targets">;
  fault?: Fault;
  onChange: (actions: readonly Action[]) => void;
}

export function Actions({ actions, types, references, fault, onChange }: ActionsProps) {
  const [type, setType] = useState("answer");
  const all: References = { ...references, targets: targetsOf(actions) };
  const move = (from: number, to: number) => {
    const moved = [...actions];
    moved.splice(to, 0, ...moved.splice(from, 1));
    onChange(moved);
  };
  return (
    <section aria-label="Actions">
      <h2 class="section-title">Actions</h2>
      {actions.length === 0 && <Empty icon="flows" title="No action yet" text="A call runs the actions one after the other. Most flows begin with Answer." />}
      <ol class="action-list">
        {actions.map((action, index) => (
          <ActionCard key={action.id} action={action} index={index} last={index === actions.length - 1} types={types} references={all}
            fault={fault?.index === index ? fault : undefined}
            onChange={(changed) => onChange(actions.map((each, at) => (at === index ? changed : each)))}
            onMove={(to) => move(index, to)} onRemove={() => onChange(actions.filter((_, at) => at !== index))} />
        ))}
      </ol>
      <div class="row add-action">
        <label class="visually-hidden" for="new-action">Type of the new action</label>
        <select id="new-action" value={type} onChange={(event) => setType(event.currentTarget.value)}>
          {[...types.keys()].sort().map((name) => <option key={name} value={name}>{labelOf(name)}</option>)}
        </select>
        <button type="button" onClick={() => onChange([...actions, newAction(type)])}><Icon name="plus" />Add action</button>
        <span class="muted small">{types.get(type)?.about.replaceAll("`", "")}</span>
      </div>
    </section>
  );
}

// A choice of whom something is for: all in the room, or one participant.
import { NIL } from "../../ui/form/choices";
import { nameOf, type RoomModel } from "./model";

interface RecipientProps {
  model: RoomModel;
  id: string;
  label: string;
  /** The id of a participant; nil for all. */
  value: string;
  choose: (id: string) => void;
}

export function Recipient({ model, id, label, value, choose }: RecipientProps) {
  return (
    <div class="field flush">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value={NIL}>All in the room</option>
        {model.meters.participants.value.map((each) => <option key={each.id} value={each.id}>{nameOf(each.face.value, model.seats.get(each.id))}</option>)}
      </select>
    </div>
  );
}

/** Return the recipient while it is in the room, else nil: what was chosen may have left. */
export function present(model: RoomModel, id: string): string {
  return model.meters.participants.value.some((each) => each.id === id) ? id : NIL;
}

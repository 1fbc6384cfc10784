// Move a participant to another room, chosen by name.
import { useEffect, useState } from "preact/hooks";
import { request } from "../../api/request";
import { Act } from "../../ui/Act";
import { short } from "../../ui/format";
import { toast } from "../../ui/toast";
import { isOpen, rooms } from "../rooms/list";

export function Move({ id, room, name }: { id: string; room: string; name: string }) {
  const [chosen, setChosen] = useState("");
  useEffect(() => rooms.open(), []);
  const others = rooms.rows.value.filter((each) => isOpen(each) && each.id !== room);
  if (others.length === 0) return null;
  const target = others.find((each) => each.id === chosen);
  return (
    <div class="field flush">
      <label for="move">Move to another room</label>
      <div class="row nowrap">
        <select id="move" value={target?.id ?? ""} onChange={(event) => setChosen(event.currentTarget.value)}>
          <option value="">Choose a room</option>
          {others.map((each) => <option key={each.id} value={each.id}>{each.name || short(each.id)}</option>)}
        </select>
        <Act request={request("post", "/v1.0/conferencecalls/{id}/move", { path: { id }, body: { conference_id: target?.id ?? "" } })} kind="small" disabled={!target} done={() => toast(`${name} moves to ${target?.name || "the other room"}.`)}>Move</Act>
      </div>
    </div>
  );
}

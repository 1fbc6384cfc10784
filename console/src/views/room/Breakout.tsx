// Divide a room into breakout rooms, and bring all back.
import { useEffect, useState } from "preact/hooks";
import { explain } from "../../api/errors";
import { request, send, type Schemas } from "../../api/request";
import { Act, RequestText } from "../../ui/Act";
import { Dialog } from "../../ui/Dialog";
import { plural, short } from "../../ui/format";
import { toast } from "../../ui/toast";
import { isOpen, rooms, type Room } from "../rooms/list";
import { nameIn, nameOf, type RoomModel } from "./model";

const MOST = 50;
const STAYS = -1;

interface BreakoutProps {
  model: RoomModel;
  room: Room;
  close: () => void;
}

export function Breakout({ model, room, close }: BreakoutProps) {
  useEffect(() => rooms.open(), []);
  const made = rooms.rows.value.filter((each) => each.breakout_of === room.id && isOpen(each)).reverse();
  const done = (answer: Schemas["Breakout"]) => {
    report(model, answer);
    close();
  };
  return (
    <Dialog title="Breakout rooms" close={close}>
      {made.length > 0 && (
        <div class="stack">
          <ul>
            {made.map((each) => <li key={each.id}><a href={`#/rooms/${each.id}`}>{each.name || short(each.id)}</a> <span class="muted small">{plural(each.conferencecall_ids.length, "participant")}</span></li>)}
          </ul>
          <div class="row">
            <Act request={request("delete", "/v1.0/conferences/{id}/breakout", { path: { id: room.id } })} icon="people" done={done}>Bring all back</Act>
          </div>
        </div>
      )}
      <Divide model={model} room={room} done={done} cancel={close} />
    </Dialog>
  );
}

/** Say who could not be moved, and why. */
function report(model: RoomModel, { result }: Schemas["Breakout"]): void {
  const moved = result.reduce((sum, each) => sum + each.conferencecalls.length, 0);
  toast(`${plural(moved, "participant")} moved.`);
  for (const each of result.flatMap(({ refused }) => refused)) toast(`${nameIn(model, each.conferencecall_id)} stays: ${each.message}`, true);
}

interface DivideProps {
  model: RoomModel;
  room: Room;
  done: (answer: Schemas["Breakout"]) => void;
  cancel: () => void;
}

function Divide({ model, room, done, cancel }: DivideProps) {
  const [count, setCount] = useState(2);
  const [chosen, setChosen] = useState<Readonly<Record<string, number>>>({});
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const everybody = model.meters.participants.value;
  // Evenly, unless it was chosen otherwise.
  const groupOf = (id: string, index: number) => Math.min(chosen[id] ?? index % count, count - 1);
  const numbers = Array.from({ length: count }, (_, number) => number);
  const groups = numbers.map((number) => ({ conferencecall_ids: everybody.filter((each, index) => groupOf(each.id, index) === number).map((each) => each.id) }));
  const what = request("post", "/v1.0/conferences/{id}/breakout", { path: { id: room.id }, body: { groups } as Schemas["BreakoutBody"] });

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      done(await send(what));
    } catch (error) {
      setProblem(explain(error));
      setBusy(false);
    }
  }

  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      <p class="muted">Each new room has the settings of this one, without PINs, lock and limit. All come back with one button.</p>
      <div class="field flush">
        <label for="count">Number of rooms</label>
        <input id="count" type="number" required min={1} max={MOST} value={count} onInput={(event) => setCount(Math.max(1, Math.min(MOST, Number(event.currentTarget.value) || 1)))} />
      </div>
      {everybody.map((each, index) => {
        const name = nameOf(each.face.value, model.seats.get(each.id));
        return (
          <div class="row nowrap" key={each.id}>
            <label class="grow ellipsis" for={`group-${each.id}`}>{name}</label>
            <select class="group" id={`group-${each.id}`} value={groupOf(each.id, index)} onChange={(event) => setChosen({ ...chosen, [each.id]: Number(event.currentTarget.value) })}>
              {numbers.map((number) => <option key={number} value={number}>Room {number + 1}</option>)}
              <option value={STAYS}>Stays here</option>
            </select>
          </div>
        );
      })}
      {problem && <p class="note bad" role="alert">{problem}</p>}
      <details class="disclosure"><summary>Show the request</summary><RequestText request={what} /></details>
      <footer class="dialog-foot">
        <button type="button" onClick={cancel}>Cancel</button>
        <button class="primary" type="submit" disabled={busy || everybody.length === 0}>Divide the room</button>
      </footer>
    </form>
  );
}

// Who hears whom: a row for each listener, a column for each speaker. A cell turns an exception on or off.
import { useEffect, useState } from "preact/hooks";
import { request, send, type Schemas } from "../../api/request";
import { Act, ShowRequest } from "../../ui/Act";
import { Icon } from "../../ui/Icon";
import { ErrorNote, Loading } from "../../ui/notes";
import { toastError } from "../../ui/toast";
import { nameOf, type RoomModel } from "./model";

type Hears = Schemas["Hears"];

/** A larger matrix is not readable. */
const MOST = 24;

export function Matrix({ model }: { model: RoomModel }) {
  const [hears, setHears] = useState<Hears>();
  const [error, setError] = useState<unknown>();
  const path = { id: model.id };
  const load = () => send(request("get", "/v1.0/conferences/{id}/hears", { path })).then(setHears, setError);
  const everybody = model.meters.participants.value;
  useEffect(() => void load(), [everybody.length]);
  if (error) return <ErrorNote error={error} retry={() => (setError(undefined), void load())} />;
  if (!hears || !model.meters.ready.value) return <Loading />;
  if (everybody.length < 2) return <p class="page-note">With two participants you can choose here who hears whom.</p>;
  if (everybody.length > MOST) {
    return <p class="page-note">The matrix is for {MOST} participants at most; this room has {everybody.length}. Use <code>PUT /v1.0/conferences/{"{id}"}/hears</code>.</p>;
  }

  const people = everybody.map((each) => ({ id: each.id, name: nameOf(each.face.value, model.seats.get(each.id)) }));
  const cellOf = (listener: string, speaker: string) => hears.result.find((each) => each.listener === listener && each.speaker === speaker);
  const toggled = (listener: string, speaker: string): Schemas["HearsBody"] => {
    const others = hears.exceptions.filter((each) => each.listener !== listener || each.speaker !== speaker);
    return { whisper: hears.whisper, exceptions: cellOf(listener, speaker) ? others : [...others, { listener, speaker, gain_db: null }] };
  };
  const put = (body: Schemas["HearsBody"]) => request("put", "/v1.0/conferences/{id}/hears", { path, body });

  return (
    <div class="stack">
      <div class="row">
        <p class="muted grow">Rows listen, columns speak. Choose a cell to silence one participant for another.</p>
        <Act request={request("delete", "/v1.0/conferences/{id}/hears", { path })} kind="small" done={setHears}>All hear all</Act>
      </div>
      <div class="card table-card">
        <table class="matrix">
          <thead>
            <tr><td />{people.map((speaker) => <th scope="col" key={speaker.id}><span class="ellipsis">{speaker.name}</span></th>)}</tr>
          </thead>
          <tbody>
            {people.map((listener) => (
              <tr key={listener.id}>
                <th scope="row"><span class="ellipsis">{listener.name}</span></th>
                {people.map((speaker) => {
                  if (speaker.id === listener.id) return <td key={speaker.id} class="self"><span class="visually-hidden">the same</span></td>;
                  const cell = cellOf(listener.id, speaker.id);
                  const silent = cell?.gain_db === null;
                  const body = toggled(listener.id, speaker.id);
                  return (
                    <td key={speaker.id}>
                      <button type="button" class={`cell ${cell ? "changed" : ""}`} aria-pressed={!silent}
                        aria-label={`${listener.name} ${silent ? "does not hear" : "hears"} ${speaker.name}`}
                        onClick={() => void send(put(body)).then(setHears, toastError)}>
                        {cell && !silent ? `${cell.gain_db} dB` : <Icon name={silent ? "close" : "check"} size={15} />}
                      </button>
                      <ShowRequest request={put(body)} />
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

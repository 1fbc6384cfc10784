// Who hears a room by WHEP without being in it: the address for players, those that listen, and how to end one.
import { useEffect } from "preact/hooks";
import { request } from "../../api/request";
import { Act } from "../../ui/Act";
import { Copy } from "../../ui/Copy";
import { duration, moment } from "../../ui/format";
import { ErrorNote } from "../../ui/notes";
import { now } from "../../ui/now";
import type { Listener, RoomModel } from "./model";

export function Listeners({ model }: { model: RoomModel }) {
  useEffect(() => model.listeners.open(), [model]);
  const listeners = model.listeners.rows.value;
  const address = `${location.origin}/v1.0/conferences/${model.id}/whep`;
  return (
    <div class="stack">
      {model.listeners.error.value !== undefined && <ErrorNote error={model.listeners.error.value} retry={() => void model.listeners.load()} />}
      {listeners.length === 0 && <p class="muted">No listeners. One hears all of the room, is heard by nobody, and is not a participant.</p>}
      {listeners.length > 0 && (
        <section class="card playbacks" aria-label="Listeners">
          <header><h2>Listeners</h2></header>
          <ul>{listeners.map((listener) => <Row key={listener.id} model={model} listener={listener} />)}</ul>
        </section>
      )}
      <section class="card" aria-label="Address for players">
        <header><h2>Listen by WHEP</h2></header>
        <div class="card-body stack">
          <p class="muted small">For players that speak WHEP, with an access key or the token of a guest link as Bearer token.</p>
          <p class="mono break">{address}</p>
          <div class="row"><Copy text={address} /></div>
        </div>
      </section>
    </div>
  );
}

function Row({ model, listener }: { model: RoomModel; listener: Listener }) {
  const name = listener.name || "A listener without a name";
  const since = moment(listener.tm_create);
  return (
    <li>
      <div class="grow">
        <p class="break">{name}</p>
        {since !== undefined && <p class="muted small">for {duration(now.value - since)}</p>}
      </div>
      <Act request={request("delete", "/v1.0/conferences/{id}/whep/{session_id}", { path: { id: model.id, session_id: listener.id } })} kind="small" icon="close"
        done={() => void model.listeners.load()}>
        End<span class="visually-hidden"> {name}</span>
      </Act>
    </li>
  );
}

// Who hears a room without being in it: players by WHEP, with the address for them, and broadcasts by HLS or Icecast.
import { useEffect } from "preact/hooks";
import { request, type Schemas } from "../../api/request";
import { Act } from "../../ui/Act";
import { Copy } from "../../ui/Copy";
import { duration, moment } from "../../ui/format";
import { SchemaForm } from "../../ui/form/SchemaForm";
import { ErrorNote } from "../../ui/notes";
import { now } from "../../ui/now";
import type { Broadcast, Listener, RoomModel } from "./model";

export function Listeners({ model }: { model: RoomModel }) {
  useEffect(() => {
    const closing = [model.listeners.open(), model.broadcasts.open()];
    return () => closing.forEach((close) => close());
  }, [model]);
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
      <Broadcasts model={model} />
    </div>
  );
}

const STATES: Readonly<Record<Broadcast["status"], readonly [badge: string, word: string]>> = {
  starting: ["warn", "Starting"], live: ["good", "Live"], retrying: ["warn", "Not reached"], ended: ["", "Ended"], failed: ["bad", "Failed"],
};
const OVER: ReadonlyArray<Broadcast["status"]> = ["ended", "failed"];
const ICECAST = {
  url: { label: "Address of the mount", hint: "http:// or https://, as http://radio.example:8000/room.opus" },
  user: { label: "User", hint: "" },
  password: { label: "Password of sources", hint: "", secret: true },
  name: { label: "Name of the stream", hint: "" },
} as const;

function Broadcasts({ model }: { model: RoomModel }) {
  const broadcasts = model.broadcasts.rows.value;
  const running = broadcasts.some(({ status, protocol }) => protocol === "hls" && !OVER.includes(status));
  const put = (changed: Broadcast) => model.broadcasts.put(changed);
  return (
    <section class="card playbacks" aria-label="Broadcasts">
      <header><h2>Broadcasts</h2></header>
      {model.broadcasts.error.value !== undefined && <ErrorNote error={model.broadcasts.error.value} retry={() => void model.broadcasts.load()} />}
      <div class="card-body stack">
        <p class="muted small">By HLS, for many listeners: any player, with the token of a guest link in the address (?token=).</p>
        {!running && (
          <div class="row">
            <Act request={request("post", "/v1.0/conferences/{id}/broadcasts", { path: { id: model.id }, body: { protocol: "hls" } })} kind="primary" done={put}>Broadcast</Act>
          </div>
        )}
        <details>
          <summary>Send to an Icecast server</summary>
          <SchemaForm schema="BroadcastBody" omit={["protocol", "description"]} hints={ICECAST} submit="Send" kept={[]} done={() => void model.broadcasts.load()}
            request={(value) => request("post", "/v1.0/conferences/{id}/broadcasts", { path: { id: model.id }, body: { ...(value as Schemas["BroadcastBody"]), protocol: "icecast" } })} />
        </details>
      </div>
      {broadcasts.length > 0 && <ul>{broadcasts.map((each) => <BroadcastRow key={each.id} broadcast={each} put={put} />)}</ul>}
    </section>
  );
}

function BroadcastRow({ broadcast, put }: { broadcast: Broadcast; put: (changed: Broadcast) => void }) {
  const [badge, word] = STATES[broadcast.status];
  const address = broadcast.url || location.origin + broadcast.path;
  return (
    <li>
      <div class="grow">
        <p class="mono break small">{address}</p>
        {broadcast.error && <p class="muted small break">{broadcast.error}</p>}
      </div>
      <span class={`badge ${badge}`} role="status">{word}</span>
      <Copy text={address} />
      {!OVER.includes(broadcast.status) && (
        <Act request={request("post", "/v1.0/broadcasts/{id}/stop", { path: { id: broadcast.id } })} kind="small" icon="stop" done={put}>Stop the broadcast</Act>
      )}
    </li>
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

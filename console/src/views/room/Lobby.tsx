// The lobby: who waits to be admitted, or for a moderator.
import { useEffect, useState } from "preact/hooks";
import { request, send } from "../../api/request";
import { Act } from "../../ui/Act";
import { duration, moment, short } from "../../ui/format";
import { now } from "../../ui/now";
import type { RoomModel, Seat } from "./model";

export function Lobby({ model }: { model: RoomModel }) {
  const waiting = model.seats.rows.value.filter((seat) => seat.waiting).reverse();
  if (waiting.length === 0) return null;
  return (
    <section class="card lobby" aria-label="Lobby">
      <header>
        <h2>Waiting in the lobby <span class="badge warn">{waiting.length}</span></h2>
        <Act request={request("post", "/v1.0/conferences/{id}/admit", { path: { id: model.id } })} kind="small primary" icon="check">Admit all</Act>
      </header>
      <ul>{waiting.map((seat) => <Waiting key={seat.id} seat={seat} />)}</ul>
    </section>
  );
}

function Waiting({ seat }: { seat: Seat }) {
  const caller = useCaller(seat.reference_id);
  const name = seat.label || caller || `Call ${short(seat.reference_id)}`;
  const since = moment(seat.tm_create);
  const path = { id: seat.id };
  return (
    <li>
      <div class="grow">
        <p class="break"><strong>{name}</strong></p>
        <p class="muted small tabular">{since === undefined ? "" : `waits for ${duration(now.value - since)}`}</p>
      </div>
      <Act request={request("post", "/v1.0/conferencecalls/{id}/admit", { path })} kind="small" icon="check">Admit<span class="visually-hidden"> {name}</span></Act>
      <Act request={request("post", "/v1.0/conferencecalls/{id}/refuse", { path })} kind="small danger" icon="close">Refuse<span class="visually-hidden"> {name}</span></Act>
    </li>
  );
}

/** Return what a call's source is called; empty until it is known. */
function useCaller(callId: string): string {
  const [name, setName] = useState("");
  useEffect(() => {
    send(request("get", "/v1.0/calls/{id}", { path: { id: callId } }))
      .then(({ source }) => setName(source.name || source.target_name || source.target))
      .catch(() => setName("")); // the call may have ended; its id is shown
  }, [callId]);
  return name;
}

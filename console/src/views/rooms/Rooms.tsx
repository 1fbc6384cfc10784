// All rooms, live: what happens in each, and what can be done with it.
import { useEffect, useState } from "preact/hooks";
import { request, send } from "../../api/request";
import { go } from "../../app/router";
import { Act } from "../../ui/Act";
import { Icon } from "../../ui/Icon";
import { Search } from "../../ui/Search";
import { duration, moment, plural } from "../../ui/format";
import { Empty, ErrorNote, Loading } from "../../ui/notes";
import { now } from "../../ui/now";
import { toastError } from "../../ui/toast";
import { RoomForm, fieldsOf } from "./RoomForm";
import { isOpen, isRecorded, isTranscribed, rooms, type Room } from "./list";

type Editing = "new" | Room | undefined;

export function Rooms() {
  const [sought, setSought] = useState("");
  const [editing, setEditing] = useState<Editing>();
  useEffect(() => rooms.open(), []);
  const all = rooms.rows.value.filter(isOpen);
  const words = sought.toLowerCase();
  const found = all.filter((room) => `${room.name} ${room.id} ${room.direct_hash}`.toLowerCase().includes(words));
  const people = all.reduce((sum, room) => sum + room.conferencecall_ids.length, 0);

  return (
    <>
      <div class="view-head">
        <div class="grow">
          <h1>Rooms</h1>
          <p>{rooms.state.value === "ready" ? `${plural(all.length, "room")} open, ${plural(people, "participant")}` : "Conferences of phones and browsers"}</p>
        </div>
        <div class="actions">
          <button class="primary" type="button" onClick={() => setEditing("new")}><Icon name="plus" />New room</button>
        </div>
      </div>
      {rooms.state.value === "loading" && <Loading />}
      {rooms.state.value === "failed" && <ErrorNote error={rooms.error.value} retry={() => void rooms.load()} />}
      {rooms.state.value === "ready" && all.length === 0 && (
        <Empty icon="rooms" title="No room is open" text="Create one, then dial its address from a phone or join it here with your browser.">
          <button class="primary" type="button" onClick={() => setEditing("new")}><Icon name="plus" />New room</button>
        </Empty>
      )}
      {all.length > 0 && (
        <>
          <div class="toolbar">
            <Search aria-label="Find a room" placeholder="Find a room" value={sought} onInput={(event) => setSought(event.currentTarget.value)} />
          </div>
          <RoomTable rooms={found} edit={setEditing} />
          {found.length === 0 && <p class="page-note">No room has “{sought}” in its name or address.</p>}
        </>
      )}
      {editing && (
        <RoomForm room={editing === "new" ? undefined : editing} close={() => setEditing(undefined)}
          done={(room) => (rooms.put(room), editing === "new" && go(`rooms/${room.id}`))} />
      )}
    </>
  );
}

function RoomTable({ rooms: shown, edit }: { rooms: readonly Room[]; edit: (room: Room) => void }) {
  return (
    <div class="card table-card stacked">
      <table>
        <thead>
          <tr><th scope="col">Name</th><th scope="col" class="number">People</th><th scope="col">State</th><th scope="col" class="number">Open for</th><th scope="col"><span class="visually-hidden">Actions</span></th></tr>
        </thead>
        <tbody>{shown.map((room) => <RoomRow key={room.id} room={room} edit={edit} />)}</tbody>
      </table>
    </div>
  );
}

function RoomRow({ room, edit }: { room: Room; edit: (room: Room) => void }) {
  const begun = moment(room.tm_create);
  return (
    <tr>
      <td>
        <a class="title" href={`#/rooms/${room.id}`}>{room.name || "Room without a name"}</a>
        {room.detail && <div class="muted small ellipsis">{room.detail}</div>}
      </td>
      <td class="number"><span class={room.conferencecall_ids.length ? "badge good" : "badge"}><Icon name="people" size={15} />{room.conferencecall_ids.length}{room.max_participants ? ` of ${room.max_participants}` : ""}</span></td>
      <td><RoomLights room={room} /></td>
      <td class="number muted">{begun === undefined ? "–" : duration(now.value - begun)}</td>
      <td><RoomActions room={room} edit={edit} /></td>
    </tr>
  );
}

export function RoomLights({ room }: { room: Room }) {
  return (
    <span class="lights">
      {room.status === "starting" && <span class="badge">Starting</span>}
      {room.status === "terminating" && <span class="badge warn">Closing</span>}
      {room.status === "terminated" && <span class="badge">Closed</span>}
      {room.locked && <span class="badge warn"><Icon name="lock" size={14} />Locked</span>}
      {isRecorded(room) && <span class="light recording">Recording</span>}
      {isTranscribed(room) && <span class="light transcribing">Transcribing</span>}
      {room.status === "progressing" && !room.locked && !isRecorded(room) && !isTranscribed(room) && <span class="badge">Open</span>}
    </span>
  );
}

/** Lock or unlock a room, and return it. PUT replaces all settings, so it needs the whole room. */
export async function toggleLock(id: string): Promise<Room> {
  const room = await whole(id);
  return send(request("put", "/v1.0/conferences/{id}", { path: { id }, body: { ...fieldsOf(room), locked: !room.locked } }));
}

/** Return the room as the API has it now: events leave out the PINs. */
export async function whole(id: string): Promise<Room> {
  return send(request("get", "/v1.0/conferences/{id}", { path: { id } }));
}

function RoomActions({ room, edit }: { room: Room; edit: (room: Room) => void }) {
  const name = room.name || "this room";
  const lock = () => toggleLock(room.id).then((changed) => rooms.put(changed)).catch(toastError);
  return (
    <div class="actions">
      <button class="ghost icon" type="button" title={room.locked ? "Unlock" : "Lock"} aria-label={`${room.locked ? "Unlock" : "Lock"} ${name}`} onClick={() => void lock()}>
        <Icon name={room.locked ? "lock" : "unlock"} />
      </button>
      <button class="ghost icon" type="button" title="Edit" aria-label={`Edit ${name}`} onClick={() => void whole(room.id).then(edit).catch(toastError)}><Icon name="edit" /></button>
      <Act request={request("delete", "/v1.0/conferences/{id}", { path: { id: room.id } })} kind="ghost icon danger" icon="close" label={`Close ${name}`}
        confirm="All participants are removed, and a running recording ends. This cannot be undone." done={(answer) => rooms.put(answer)} />
    </div>
  );
}

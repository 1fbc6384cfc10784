// All rooms, live: what happens in each, and what can be done with it.
import { useState } from "preact/hooks";
import { request, send, type ApiRequest } from "../../api/request";
import { go } from "../../app/router";
import { Act, ShowRequest } from "../../ui/Act";
import { Icon } from "../../ui/Icon";
import { Listing, type Column } from "../../ui/Listing";
import { duration, moment, plural } from "../../ui/format";
import { Empty } from "../../ui/notes";
import { now } from "../../ui/now";
import { toastError } from "../../ui/toast";
import { RoomForm, fieldsOf } from "./RoomForm";
import { isOpen, isRecorded, isTranscribed, rooms, type Room } from "./list";

type Editing = "new" | Room | undefined;

function columns(edit: (room: Room) => void): readonly Column<Room>[] {
  return [
    { title: "Name", cell: (room) => <Name room={room} /> },
    { title: "People", cell: (room) => <People room={room} />, number: true },
    { title: "State", cell: (room) => <RoomLights room={room} /> },
    { title: "Open for", cell: (room) => <OpenFor room={room} />, number: true },
    { title: "", cell: (room) => <RoomActions room={room} edit={edit} /> },
  ];
}

export function Rooms() {
  const [editing, setEditing] = useState<Editing>();
  const open = rooms.rows.value.filter(isOpen);
  const people = open.reduce((sum, room) => sum + room.conferencecall_ids.length, 0);
  const about = rooms.state.value === "ready" ? `${plural(open.length, "room")} open, ${plural(people, "participant")}` : "Conferences of phones and browsers";
  const create = <button class="primary" type="button" onClick={() => setEditing("new")}><Icon name="plus" />New room</button>;
  const none = <Empty icon="rooms" title="No room is open" text="Create one, then dial its address from a phone or join it here with your browser.">{create}</Empty>;
  return (
    <>
      <Listing title="Rooms" about={about} icon="rooms" collection={rooms} columns={columns(setEditing)} shown={isOpen} none={none}
        text={(room) => `${room.name} ${room.id} ${room.direct_hash}`}>
        {create}
      </Listing>
      {editing && (
        <RoomForm room={editing === "new" ? undefined : editing} close={() => setEditing(undefined)}
          done={(room) => (rooms.put(room), editing === "new" && go(`rooms/${room.id}`))} />
      )}
    </>
  );
}

function Name({ room }: { room: Room }) {
  return (
    <>
      <a class="title" href={`#/rooms/${room.id}`}>{room.name || "Room without a name"}</a>
      {room.detail && <div class="muted small ellipsis">{room.detail}</div>}
    </>
  );
}

function People({ room }: { room: Room }) {
  const count = room.conferencecall_ids.length;
  return <span class={count ? "badge good" : "badge"}><Icon name="people" size={15} />{count}{room.max_participants ? ` of ${room.max_participants}` : ""}</span>;
}

function OpenFor({ room }: { room: Room }) {
  const begun = moment(room.tm_create);
  return <span class="muted">{begun === undefined ? "–" : duration(now.value - begun)}</span>;
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

/** Return the request that locks or unlocks a room. PUT replaces all settings, so it needs the whole room. */
export async function lockingOf(id: string): Promise<ApiRequest<Room>> {
  const room = await whole(id);
  return request("put", "/v1.0/conferences/{id}", { path: { id }, body: { ...fieldsOf(room), locked: !room.locked } });
}

/** Return the room as the API has it now: events leave out the PINs. */
export async function whole(id: string): Promise<Room> {
  return send(reading(id));
}

export const reading = (id: string) => request("get", "/v1.0/conferences/{id}", { path: { id } });

function RoomActions({ room, edit }: { room: Room; edit: (room: Room) => void }) {
  const name = room.name || "this room";
  const lock = () => lockingOf(room.id).then(send).then((changed) => rooms.put(changed)).catch(toastError);
  return (
    <div class="actions">
      <button class="ghost icon" type="button" title={room.locked ? "Unlock" : "Lock"} aria-label={`${room.locked ? "Unlock" : "Lock"} ${name}`} onClick={() => void lock()}>
        <Icon name={room.locked ? "lock" : "unlock"} />
      </button>
      <ShowRequest request={() => lockingOf(room.id)} />
      <button class="ghost icon" type="button" title="Edit" aria-label={`Edit ${name}`} onClick={() => void whole(room.id).then(edit).catch(toastError)}><Icon name="edit" /></button>
      <ShowRequest request={reading(room.id)} />
      <Act request={request("delete", "/v1.0/conferences/{id}", { path: { id: room.id } })} kind="ghost icon danger" icon="close" label={`Close ${name}`}
        confirm="All participants are removed, and a running recording ends. This cannot be undone." done={(answer) => rooms.put(answer)} />
    </div>
  );
}

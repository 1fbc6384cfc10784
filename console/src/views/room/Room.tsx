// One room: who is in it, what they say, and everything that can be done.
import { useEffect, useMemo, useState } from "preact/hooks";
import { request, send } from "../../api/request";
import { useServer } from "../../api/server";
import { go } from "../../app/router";
import { Act, ShowRequest } from "../../ui/Act";
import { Copy } from "../../ui/Copy";
import { Icon } from "../../ui/Icon";
import { Tabs } from "../../ui/Tabs";
import { duration, isSet, moment, plural } from "../../ui/format";
import { Empty, ErrorNote, Loading } from "../../ui/notes";
import { now } from "../../ui/now";
import { addressOf, uri } from "../../ui/sip";
import { toastError } from "../../ui/toast";
import type { ViewProps } from "../registry";
import { RoomForm } from "../rooms/RoomForm";
import { RoomLights, lockingOf, reading, whole } from "../rooms/Rooms";
import { isOpen, isRecorded, rooms, type Room as RoomRow } from "../rooms/list";
import { Breakout } from "./Breakout";
import { Captions } from "./Captions";
import { Chat } from "./Chat";
import { Details } from "./Details";
import { DialOut } from "./DialOut";
import { GuestLinks } from "./GuestLinks";
import { JoinPanel } from "./JoinPanel";
import { Listeners } from "./Listeners";
import { Lobby } from "./Lobby";
import { Matrix } from "./Matrix";
import { ParticipantList } from "./ParticipantList";
import { Recorder } from "./Recorder";
import { SayAndPlay } from "./SayAndPlay";
import { Streams } from "./Streams";
import { RoomModel } from "./model";
import { sessionId } from "./whip";
import "./room.css";

type Panel = "people" | "matrix" | "chat" | "say" | "streams" | "listeners" | "captions";
const PANELS: ReadonlyArray<readonly [Panel, string]> = [["people", "Participants"], ["matrix", "Who hears whom"], ["chat", "Chat"], ["say", "Say and play"], ["streams", "Media streams"], ["listeners", "Listeners"], ["captions", "Captions"]];

export function Room({ id = "" }: ViewProps) {
  const model = useMemo(() => new RoomModel(id), [id]);
  useEffect(() => model.open(), [model]);
  const room = model.room.value;
  if (model.error.value && !room) {
    return (
      <>
        <ErrorNote error={model.error.value} retry={() => void model.load()} />
        <Empty icon="rooms" title="This room cannot be shown" text="It may have been deleted, or belong to another customer."><a class="button" href="#/rooms">Show all rooms</a></Empty>
      </>
    );
  }
  if (!room) return <Loading />;
  return isOpen(room) ? <OpenRoom model={model} room={room} /> : <ClosedRoom room={room} />;
}

function ClosedRoom({ room }: { room: RoomRow }) {
  return (
    <Empty icon="rooms" title={`${room.name || "This room"} is closed`} text="Its recordings and transcripts are kept.">
      <a class="button primary" href="#/rooms">Show all rooms</a>
    </Empty>
  );
}

function OpenRoom({ model, room }: { model: RoomModel; room: RoomRow }) {
  const [shown, show] = useState<Panel>("people");
  const [selected, setSelected] = useState("");
  const [dialling, setDialling] = useState(false);
  const [dividing, setDividing] = useState(false);
  const [editing, setEditing] = useState<RoomRow>();
  const participant = model.meters.participants.value.find((each) => each.id === selected);
  const closeDetails = () => {
    document.querySelector<HTMLElement>(`[data-id="${selected}"] .who`)?.focus();
    setSelected("");
  };
  return (
    <>
      <Head model={model} room={room} edit={setEditing} dial={() => setDialling(true)} divide={() => setDividing(true)} />
      <div class="room-grid">
        <div class="room-main">
          <Lobby model={model} />
          <Tabs tabs={PANELS} shown={shown} show={show} label="What is shown" />
          <div id="panel" role="tabpanel" aria-labelledby={`tab-${shown}`}>
            {shown === "people" && <ParticipantList model={model} selected={selected} select={setSelected} own={sessionId.value} />}
            {shown === "matrix" && <Matrix model={model} />}
            {shown === "chat" && <Chat model={model} />}
            {shown === "say" && <SayAndPlay model={model} />}
            {shown === "streams" && <Streams model={model} />}
            {shown === "listeners" && <Listeners model={model} />}
            {shown === "captions" && <Captions model={model} room={room} />}
          </div>
        </div>
        <div class="room-side">
          {participant && <Details key={participant.id} model={model} participant={participant} close={closeDetails} />}
          <JoinPanel room={room.id} />
          <Addresses room={room} />
          <GuestLinks room={room.id} />
        </div>
      </div>
      {dialling && <DialOut room={room.id} close={() => setDialling(false)} />}
      {dividing && <Breakout model={model} room={room} close={() => setDividing(false)} />}
      {editing && <RoomForm room={editing} close={() => setEditing(undefined)} done={(changed) => (model.room.value = changed)} />}
    </>
  );
}

interface HeadProps {
  model: RoomModel;
  room: RoomRow;
  edit: (room: RoomRow) => void;
  dial: () => void;
  divide: () => void;
}

function Head({ model, room, edit, dial, divide }: HeadProps) {
  const path = { id: room.id };
  const begun = moment(room.tm_create);
  const people = model.meters.ready.value ? model.meters.participants.value.length : room.conferencecall_ids.length;
  const lock = () => lockingOf(room.id).then(send).then((changed) => (model.room.value = changed)).catch(toastError);
  return (
    <div class="view-head">
      <div class="grow">
        <p class="crumb"><a href="#/rooms">Rooms</a>{isSet(room.breakout_of) && <>, a breakout room of <a href={`#/rooms/${room.breakout_of}`}>its main room</a></>}</p>
        <div class="row"><h1>{room.name || "Room without a name"}</h1><RoomLights room={room} /></div>
        <p>{plural(people, "participant")}{begun !== undefined && `, open for ${duration(now.value - begun)}`}{room.detail && `. ${room.detail}`}</p>
      </div>
      <div class="actions">
        <button class="primary" type="button" onClick={dial}><Icon name="calls" />Call somebody</button>
        <Recorder model={model} room={room} />
        <button type="button" onClick={divide}><Icon name="rooms" />Breakout rooms</button>
        <button type="button" aria-pressed={room.locked} onClick={() => void lock()}><Icon name={room.locked ? "lock" : "unlock"} />{room.locked ? "Locked" : "Lock"}</button>
        <ShowRequest request={() => lockingOf(room.id)} />
        <button class="icon" type="button" title="Edit" aria-label="Edit the room" onClick={() => void whole(room.id).then(edit).catch(toastError)}><Icon name="edit" /></button>
        <ShowRequest request={reading(room.id)} />
        <Act request={request("delete", "/v1.0/conferences/{id}", { path })} kind="danger icon" icon="close" label="Close the room"
          confirm="All participants are removed, and a running recording ends. This cannot be undone." done={(closed) => (rooms.put(closed), go("rooms"))} />
      </div>
    </div>
  );
}

function Addresses({ room }: { room: RoomRow }) {
  const server = useServer();
  const user = room.direct_hash || room.id;
  const hasTls = server?.sip_addresses.some(({ transport }) => transport === "tls");
  return (
    <section class="card" aria-label="Address of the room">
      <header><h2>Dial in</h2></header>
      <div class="card-body stack">
        <Address label="From any SIP phone" text={uri(addressOf(server, "udp"), user)} />
        {hasTls && <Address label="Encrypted, by TLS" text={uri(addressOf(server, "tls"), user)} />}
        {isRecorded(room) && <p class="muted small">What is said is recorded.</p>}
        <dl class="facts small">
          <dt>Id</dt><dd class="mono">{room.id}</dd>
          {room.pin ? <><dt>PIN</dt><dd>{room.pin}</dd></> : null}
          {room.max_participants ? <><dt>Maximum participants</dt><dd>{room.max_participants}</dd></> : null}
        </dl>
      </div>
    </section>
  );
}

function Address({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <p class="muted small">{label}</p>
      <div class="row nowrap"><p class="mono break grow address">{text}</p><Copy text={text} /></div>
    </div>
  );
}

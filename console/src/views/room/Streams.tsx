// Media streams of a room: connect it to a program by a WebSocket that the server opens, see how that goes, and stop it.
import { useEffect } from "preact/hooks";
import { request, type Schemas } from "../../api/request";
import { NIL } from "../../ui/form/choices";
import { SchemaForm } from "../../ui/form/SchemaForm";
import { HINTS, KEPT, StreamList, bodyOf, sectionsOf } from "../../ui/streams";
import { ErrorNote } from "../../ui/notes";
import { nameIn, nameOf, type MediaStream, type RoomModel } from "./model";

const SECTIONS = sectionsOf(["listen", "conferencecall_id"]);
const ROOM_HINTS = {
  ...HINTS,
  url: { ...HINTS.url, hint: "ws:// or wss://. All in the room hear what the program sends." },
  listen: { label: "The program hears", choices: [["mix", "All in the room"], ["participant", "One participant alone"], ["mix_minus", "All but one participant"]], hint: "" },
} as const;

export function Streams({ model }: { model: RoomModel }) {
  useEffect(() => model.streams.open(), [model]);
  const streams = model.streams.rows.value;
  const present = model.meters.participants.value.map((each) => [each.id, nameOf(each.face.value, model.seats.get(each.id))] as const);
  const hints = { ...ROOM_HINTS, conferencecall_id: { label: "That participant", choices: [[NIL, "None"] as const, ...present] } };
  // Events of its connection may have come before this answer, which says that it connects.
  const done = () => void model.streams.load();
  return (
    <div class="stack">
      {model.streams.error.value !== undefined && <ErrorNote error={model.streams.error.value} retry={() => void model.streams.load()} />}
      {streams.length === 0 && model.streams.state.value === "ready" && <p class="muted">No media streams. One connects the room to a program, such as a voice agent.</p>}
      {streams.length > 0 && <StreamList streams={streams} heard={(stream) => heardBy(model, stream)} put={(stopped) => model.streams.put(stopped)} />}
      <section class="card padded stack" aria-label="Start a media stream">
        <SchemaForm schema="ConferenceStreamBody" kept={KEPT} sections={SECTIONS} hints={hints} submit="Start" done={done}
          request={(value) => request("post", "/v1.0/conferences/{id}/media_streams", { path: { id: model.id }, body: bodyOf<Schemas["ConferenceStreamBody"]>(value) })} />
      </section>
    </div>
  );
}

function heardBy(model: RoomModel, stream: MediaStream): string {
  const name = nameIn(model, stream.conferencecall_id);
  return stream.listen === "mix_minus" ? `all but ${name}` : name;
}

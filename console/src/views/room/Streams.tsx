// Media streams of a room: connect it to a program by a WebSocket that the server opens, see how that goes, and stop it.
import { useEffect } from "preact/hooks";
import { request, type Schemas } from "../../api/request";
import { Act } from "../../ui/Act";
import { NIL } from "../../ui/form/choices";
import type { FieldHints } from "../../ui/form/Editor";
import { SchemaForm, type Section } from "../../ui/form/SchemaForm";
import type { Value } from "../../ui/form/schema";
import { plural } from "../../ui/format";
import { ErrorNote } from "../../ui/notes";
import { nameIn, nameOf, type MediaStream, type RoomModel } from "./model";

const SECTIONS: readonly Section[] = [
  { fields: ["url"] },
  { fields: ["protocol", "listen", "conferencecall_id"] },
  { title: "More", fields: ["encapsulation", "sample_rate", "parameters"], folded: true },
];
/** The next program is connected like this. */
const KEPT = ["protocol", "listen", "encapsulation", "sample_rate"];
const HINTS: Readonly<Record<string, FieldHints>> = {
  url: { label: "URL of the program", whole: true, placeholder: "wss://agent.example.com/ws", hint: "ws:// or wss://. All in the room hear what the program sends." },
  protocol: { choices: [["mixminus", "mixminus"], ["twilio", "Twilio Media Streams"]], hint: "Of the messages. Twilio's have mu-law at 8 kHz." },
  listen: { label: "The program hears", choices: [["mix", "All in the room"], ["participant", "One participant alone"], ["mix_minus", "All but one participant"]], hint: "" },
  sample_rate: { label: "Sample rate (Hz)", choices: ["8000", "16000", "24000", "48000"].map((each) => [each, each] as const) },
};

export function Streams({ model }: { model: RoomModel }) {
  useEffect(() => model.streams.open(), [model]);
  const present = model.meters.participants.value.map((each) => [each.id, nameOf(each.face.value, model.seats.get(each.id))] as const);
  const hints = { ...HINTS, conferencecall_id: { label: "That participant", choices: [[NIL, "None"] as const, ...present] } };
  // Events of its connection may have come before this answer, which says that it connects.
  const done = () => void model.streams.load();
  return (
    <div class="stack">
      {model.streams.error.value !== undefined && <ErrorNote error={model.streams.error.value} retry={() => void model.streams.load()} />}
      <Running model={model} />
      <section class="card padded stack" aria-label="Start a media stream">
        <SchemaForm schema="ConferenceStreamBody" kept={KEPT} sections={SECTIONS} hints={hints} submit="Start"
          request={(value) => request("post", "/v1.0/conferences/{id}/media_streams", { path: { id: model.id }, body: bodyOf(value) })} done={done} />
      </section>
    </div>
  );
}

/** Choices are texts; the sample rate is a number. */
function bodyOf(value: Value): Schemas["ConferenceStreamBody"] {
  const { sample_rate, ...rest } = value;
  return { ...rest, ...(sample_rate !== undefined && { sample_rate: Number(sample_rate) }) } as Schemas["ConferenceStreamBody"];
}

const STATES: Readonly<Record<MediaStream["status"], readonly [badge: string, word: string]>> = {
  connecting: ["warn", "Connecting"], connected: ["good", "Connected"], reconnecting: ["warn", "Reconnecting"], ended: ["", "Ended"], failed: ["bad", "Failed"],
};
const OVER: ReadonlyArray<MediaStream["status"]> = ["ended", "failed"];

function Running({ model }: { model: RoomModel }) {
  const streams = model.streams.rows.value;
  if (streams.length === 0) return <p class="muted">No media streams. One connects the room to a program, such as a voice agent.</p>;
  return (
    <section class="card playbacks" aria-label="Media streams">
      <header><h2>Media streams</h2></header>
      <ul>
        {streams.map((stream) => {
          const [badge, word] = STATES[stream.status];
          return (
            <li key={stream.id}>
              <div class="grow">
                <p class="break">{stream.url}</p>
                <p class="muted small">{aboutOf(model, stream)}{stream.error && <span class="break">: {stream.error}</span>}</p>
              </div>
              <span class={`badge ${badge}`} role="status">{word}</span>
              {!OVER.includes(stream.status) && (
                <Act request={request("post", "/v1.0/media_streams/{id}/stop", { path: { id: stream.id } })} kind="small" icon="stop" done={(stopped) => model.streams.put(stopped)}>
                  Stop<span class="visually-hidden"> {stream.url}</span>
                </Act>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function aboutOf(model: RoomModel, stream: MediaStream): string {
  const name = nameIn(model, stream.conferencecall_id);
  const heard = stream.listen === "mix_minus" ? `all but ${name}` : name;
  return `${stream.protocol}, hears ${heard}, ${stream.sample_rate / 1000} kHz, opened ${plural(stream.connections, "time")}`;
}

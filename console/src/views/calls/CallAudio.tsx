// The audio of one call: what is said to it, and the programs that it is connected to.
import { useEffect, useMemo, useState } from "preact/hooks";
import { Collection } from "../../api/collection";
import { request, type Schemas } from "../../api/request";
import { Act } from "../../ui/Act";
import { Dialog } from "../../ui/Dialog";
import { SchemaForm } from "../../ui/form/SchemaForm";
import { when } from "../../ui/format";
import { HINTS, KEPT, StreamList, bodyOf, sectionsOf, type MediaStream } from "../../ui/streams";
import "../room/room.css";

type Call = Schemas["Call"];
type Speaking = Schemas["Speaking"];
type Direction = "none" | "both";

const SECTIONS = sectionsOf(["listen"]);
const HEARD: Readonly<Record<string, string>> = { in: "what the call says", out: "what the call hears", both: "both sides" };
const CALL_HINTS = {
  ...HINTS,
  url: { ...HINTS.url, hint: "ws:// or wss://. The call hears what the program sends." },
  listen: { label: "The program hears", choices: [["in", "What the call says"], ["out", "What the call hears"], ["both", "Both"]], hint: "" },
} as const;

export function CallAudio({ call, name, close }: { call: Call; name: string; close: () => void }) {
  const up = call.status === "progressing";
  return (
    <Dialog title={`Audio of the call of ${name}`} close={close} wide>
      <div class="stack">
        {!up && <p class="note" role="status">This call has ended, and with it what was said to it and its streams.</p>}
        <Speakings call={call} up={up} />
        <Streams call={call} up={up} />
      </div>
    </Dialog>
  );
}

function Speakings({ call, up }: { call: Call; up: boolean }) {
  const [direction, setDirection] = useState<Direction>("none");
  const speakings = useMemo(
    () => new Collection<Speaking>("speaking", (page_token) => request("get", "/v1.0/speakings", { query: { page_token } }), (each) => each.reference_id === call.id && each.status === "active"),
    [call.id],
  );
  useEffect(() => speakings.open(), [speakings]);
  const active = speakings.rows.value;
  const beginning = request("post", "/v1.0/speakings", { body: { reference_type: "call", reference_id: call.id, direction } as Schemas["SpeakingBody"] });
  return (
    <section class="card padded stack" aria-label="Speakings">
      <h3>Say text</h3>
      {active.map((each) => <Speaker key={each.id} speaking={each} changed={(answer) => speakings.put(answer)} />)}
      {active.length === 0 && up && speakings.state.value === "ready" && (
        <>
          <p class="muted small">A speaking says text to the call piece by piece, each after the one before.</p>
          <div class="row">
            <div class="field flush">
              <label for="direction">Who hears it</label>
              <select id="direction" value={direction} onChange={(event) => setDirection(event.currentTarget.value as Direction)}>
                <option value="none">This call alone</option>
                <option value="both">This call and all in its room</option>
              </select>
            </div>
            <Act request={beginning} icon="speak" done={(answer) => speakings.put(answer)}>Begin</Act>
          </div>
        </>
      )}
      {active.length === 0 && !up && <p class="muted">Nothing is said.</p>}
    </section>
  );
}

function Speaker({ speaking, changed }: { speaking: Speaking; changed: (speaking: Speaking) => void }) {
  const [text, setText] = useState("");
  const path = { id: speaking.id };
  return (
    <div class="stack">
      <p class="muted small">Since {when(speaking.tm_create)}, heard by {speaking.direction === "both" ? "the call and all in its room" : "the call alone"}</p>
      <div class="field flush">
        <label for={`say-${speaking.id}`}>Text</label>
        <div class="row nowrap">
          <input id={`say-${speaking.id}`} maxLength={5000} placeholder="Please hold the line." value={text} onInput={(event) => setText(event.currentTarget.value)} />
          <Act request={request("post", "/v1.0/speakings/{id}/say", { path, body: { text } })} kind="primary" icon="speak" disabled={!text.trim()} done={() => setText("")}>Say</Act>
        </div>
      </div>
      <div class="row">
        <Act request={request("post", "/v1.0/speakings/{id}/flush", { path })} kind="small">Discard what waits</Act>
        <Act request={request("post", "/v1.0/speakings/{id}/stop", { path })} kind="small" icon="stop" done={changed}>End the speaking</Act>
      </div>
    </div>
  );
}

function Streams({ call, up }: { call: Call; up: boolean }) {
  const streams = useMemo(
    () => new Collection<MediaStream>("mediastream", () => request("get", "/v1.0/calls/{id}/media_streams", { path: { id: call.id } }), (each) => each.call_id === call.id),
    [call.id],
  );
  useEffect(() => streams.open(), [streams]);
  const rows = streams.rows.value;
  return (
    <>
      {rows.length > 0 && <StreamList streams={rows} heard={({ listen }) => HEARD[listen] ?? listen} put={(stopped) => streams.put(stopped)} />}
      {up && (
        <section class="card padded stack" aria-label="Start a media stream">
          <h3>Connect the call to a program</h3>
          <SchemaForm schema="CallStreamBody" kept={KEPT} sections={SECTIONS} hints={CALL_HINTS} submit="Start" done={() => void streams.load()}
            request={(value) => request("post", "/v1.0/calls/{id}/media_streams", { path: { id: call.id }, body: bodyOf<Schemas["CallStreamBody"]>(value) })} />
        </section>
      )}
    </>
  );
}

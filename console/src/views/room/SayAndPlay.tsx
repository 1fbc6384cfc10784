// Say a text or play files, to all in the room or to one participant; what plays now can be stopped.
import { useEffect, useState } from "preact/hooks";
import { request, type ApiRequest, type Schemas } from "../../api/request";
import { Act } from "../../ui/Act";
import { NIL } from "../../ui/form/choices";
import type { FieldHints } from "../../ui/form/Editor";
import { SchemaForm, type Section } from "../../ui/form/SchemaForm";
import type { Value } from "../../ui/form/schema";
import { nameIn, type Playback, type RoomModel } from "./model";
import { Recipient, present } from "./Recipient";

type Kind = "talk" | "play";

const SCHEMAS: Readonly<Record<Kind, string>> = { talk: "SayBody", play: "PlayBody" };
const SECTIONS: Readonly<Record<Kind, readonly Section[]>> = {
  talk: [{ fields: ["text"] }, { fields: ["language", "loop", "gain_db", "duck_db"] }],
  play: [{ fields: ["stream_urls"] }, { fields: ["gain_db", "duck_db", "loop"] }],
};
/** What is said next is said like this. */
const KEPT = ["language", "gain_db", "duck_db"];
const HINTS: Readonly<Record<string, FieldHints>> = {
  text: { whole: true, placeholder: "The meeting ends in five minutes." },
  language: { placeholder: "en-US", hint: "Empty: the room's language, or the server's." },
  stream_urls: { label: "Files or addresses", whole: true, placeholder: "welcome.wav, https://example.com/gong.ogg", hint: "Files of the folder of sounds, and http(s) addresses, with a comma between them; at most five." },
  gain_db: { label: "Gain (dB)", hint: "-40 to 12." },
  duck_db: { label: "Lower the talkers by (dB)", hint: "0: what is played is mixed with them. From 48 on they are silent." },
  loop: { label: "Times", hint: "0: until it is stopped." },
};

export function SayAndPlay({ model }: { model: RoomModel }) {
  const [kind, setKind] = useState<Kind>("talk");
  const [chosen, setChosen] = useState(NIL);
  useEffect(() => model.playbacks.open(), [model]);
  const recipient = present(model, chosen);
  // No event reports that it waits, and those of its beginning and end may have come before this answer.
  const done = () => void model.playbacks.load();
  return (
    <div class="stack">
      <Running model={model} />
      <section class="card padded stack" aria-label="Say or play">
        <div class="row say-head">
          <div class="segments" role="group" aria-label="What is heard">
            <button type="button" aria-pressed={kind === "talk"} onClick={() => setKind("talk")}>Say a text</button>
            <button type="button" aria-pressed={kind === "play"} onClick={() => setKind("play")}>Play files</button>
          </div>
          <Recipient model={model} id="hearers" label="Heard by" value={recipient} choose={setChosen} />
        </div>
        <SchemaForm key={kind} schema={SCHEMAS[kind]} kept={KEPT} sections={SECTIONS[kind]} hints={HINTS} submit={kind === "talk" ? "Say it" : "Play"}
          request={(value) => requestOf(kind, model.id, recipient, value)} done={done} />
      </section>
    </div>
  );
}

function requestOf(kind: Kind, room: string, recipient: string, value: Value): ApiRequest<Playback> {
  const path = { id: recipient === NIL ? room : recipient };
  if (kind === "talk") {
    const body = value as Schemas["SayBody"];
    return recipient === NIL ? request("post", "/v1.0/conferences/{id}/talk", { path, body }) : request("post", "/v1.0/conferencecalls/{id}/talk", { path, body });
  }
  const body = value as Schemas["PlayBody"];
  return recipient === NIL ? request("post", "/v1.0/conferences/{id}/play", { path, body }) : request("post", "/v1.0/conferencecalls/{id}/play", { path, body });
}

const STATES: Partial<Record<Playback["status"], readonly [badge: string, word: string]>> = {
  queued: ["", "Waits"], playing: ["good", "Plays"], failed: ["bad", "Failed"],
};

function Running({ model }: { model: RoomModel }) {
  const playbacks = [...model.playbacks.rows.value].reverse();
  if (playbacks.length === 0) return null;
  return (
    <section class="card playbacks" aria-label="Playbacks">
      <header><h2>Playbacks</h2></header>
      <ul>
        {playbacks.map((playback) => {
          const [badge, word] = STATES[playback.status] ?? ["", playback.status];
          const content = playback.text || playback.stream_urls.join(", ");
          return (
            <li key={playback.id}>
              <div class="grow">
                <p class="break">{content}</p>
                <p class="muted small">{isFailed(playback) ? playback.error : `Heard by ${nameIn(model, playback.conferencecall_id)}`}</p>
              </div>
              <span class={`badge ${badge}`}>{word}</span>
              {!isFailed(playback) && (
                <Act request={request("post", "/v1.0/playbacks/{id}/stop", { path: { id: playback.id } })} kind="small" icon="stop">Stop<span class="visually-hidden"> {content}</span></Act>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function isFailed(playback: Playback): boolean {
  return playback.status === "failed";
}

// What is said, as it is recognised: settled lines, and those that are still being spoken.
import { useEffect, useRef, useState } from "preact/hooks";
import { listen } from "../../api/live";
import { request, send, type Schemas } from "../../api/request";
import { Act } from "../../ui/Act";
import { when } from "../../ui/format";
import { Language, useLanguage } from "../../ui/Language";
import { toastError } from "../../ui/toast";
import { Translation, translationsOf } from "../../ui/Translation";
import { isTranscribed, type Room } from "../rooms/list";
import { nameOf, type RoomModel } from "./model";

interface Line {
  readonly id: string;
  readonly speaker: string;
  readonly text: string;
  readonly translations: Readonly<Record<string, string>>;
  readonly at: string;
  readonly settled: boolean;
}

/** Of an event: one that is not settled has only some of the fields. */
type Spoken = Partial<Schemas["Transcript"]>;

const KEPT = 200;

export function Captions({ model, room }: { model: RoomModel; room: Room }) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [language, setLanguage] = useState("");
  const end = useRef<HTMLDivElement>(null);
  const path = { id: room.id };
  const transcribe = room.transcribe_id;
  const running = isTranscribed(room);
  const spoken = useLanguage(!room.language);
  const isMissing = !spoken.language && !room.language;
  const translatable = translationsOf(spoken.language || room.language);
  const target = translatable.includes(language) ? language : "";
  const translated = lines.flatMap((line) => Object.keys(line.translations));

  const note = running ? "What is said appears here a moment later, with its speaker." : `Speech to text is off.${isMissing ? " The room has no language: enter the one that is spoken." : ""}`;
  const body = { ...(spoken.language && { language: spoken.language }), ...(target && { translate_to: target }) };

  const lineOf = (spoken: Spoken, settled: boolean): Line => {
    const participant = model.meters.get(spoken.conferencecall_id ?? "");
    const name = participant ? nameOf(participant.face.value, model.seats.get(participant.id)) : spoken.label || "Somebody";
    return { id: spoken.id ?? "", speaker: name, text: spoken.message ?? "", translations: spoken.translations ?? {}, at: spoken.tm_create ?? "", settled };
  };

  useEffect(() => {
    if (!running) return;
    send(request("get", "/v1.0/transcripts", { query: { transcribe_id: transcribe } }))
      .then((page) => setLines(page.result.map((each) => lineOf(each, true)).reverse()))
      .catch(toastError);
  }, [transcribe]);

  useEffect(() => listen((event) => {
    const spoken = event.data as Spoken;
    if (spoken.transcribe_id !== transcribe) return;
    const settled = event.type === "transcript_created";
    if (!settled && event.type !== "transcribe_speech_interim" && event.type !== "transcribe_speech_started") return;
    setLines((before) => {
      const at = before.findIndex((line) => line.id === spoken.id);
      if (at >= 0 && before[at]?.settled) return before;
      const line = lineOf(spoken, settled);
      return at < 0 ? [...before, line].slice(-KEPT) : before.map((each, index) => (index === at ? line : each));
    });
  }), [transcribe]);

  useEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [lines.length]);

  return (
    <div class="stack">
      <div class="row bottom captions-head">
        <p class="muted grow">{note}</p>
        {!running && <Language {...spoken} placeholder={room.language || "Such as en-US"} />}
        <Translation label="Language of the captions" value={running ? language : target} languages={running ? translated : translatable} change={setLanguage} />
        {running
          ? <Act request={request("post", "/v1.0/conferences/{id}/transcribe_stop", { path })} kind="small" icon="stop">Stop the captions</Act>
          : <Act request={request("post", "/v1.0/conferences/{id}/transcribe_start", { path, body })} kind="small primary" icon="caption" disabled={isMissing}>Start captions</Act>}
      </div>
      {lines.length > 0 && (
        <div class="card captions" role="log" aria-label="Captions" tabIndex={0}>
          {lines.filter((line) => line.text).map((line) => (
            <p key={line.id} class={line.settled ? "" : "interim"}><span class="muted small tabular">{when(line.at)}</span> <strong>{line.speaker}</strong> {line.translations[language] ?? line.text}</p>
          ))}
          <div ref={end} />
        </div>
      )}
    </div>
  );
}

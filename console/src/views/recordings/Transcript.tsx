// What was said in a recording: lanes of who talked, and the text, which follows the player and leads it.
import { useEffect, useRef, useState } from "preact/hooks";
import { readPages } from "../../api/pages";
import { fetchRaw, request, send, type Schemas } from "../../api/request";
import { Act, ShowRequest } from "../../ui/Act";
import { duration, isSet, short } from "../../ui/format";
import { download } from "../../ui/download";
import { Language, useLanguage } from "../../ui/Language";
import { toastError } from "../../ui/toast";
import { Translation, translationsOf } from "../../ui/Translation";
import type { Recording } from "./list";

type Utterance = Schemas["Transcript"];
type Transcribe = Schemas["Transcribe"];

const MAX_PAGES = 50;
const POLL_MS = 1500;

export function speaker(utterance: Utterance): string {
  if (utterance.label) return utterance.label;
  if (utterance.direction === "out") return "The room";
  return isSet(utterance.conferencecall_id) ? `Participant ${short(utterance.conferencecall_id)}` : "All";
}

async function utterancesOf(transcribe_id: string): Promise<Utterance[]> {
  const { rows } = await readPages((page_token) => request("get", "/v1.0/transcripts", { query: { transcribe_id, page_token } }), MAX_PAGES);
  return rows.sort((a, b) => a.start_s - b.start_s);
}

export interface Spoken {
  transcribe?: Transcribe;
  utterances: readonly Utterance[];
  transcribed: (transcribe: Transcribe) => void;
}

/** Read the transcript of a recording, until it is complete. */
export function useTranscript(recording_id: string): Spoken {
  const [transcribe, setTranscribe] = useState<Transcribe>();
  const [utterances, setUtterances] = useState<readonly Utterance[]>([]);
  useEffect(() => {
    const query = { reference_type: "recording", reference_id: recording_id } as const;
    send(request("get", "/v1.0/transcribes", { query })).then((page) => setTranscribe(page.result[0])).catch(toastError);
  }, [recording_id]);
  useEffect(() => {
    if (!transcribe) return undefined;
    let timer = 0;
    let open = true;
    const read = async () => {
      const seen = await send(request("get", "/v1.0/transcribes/{id}", { path: { id: transcribe.id } }));
      const found = await utterancesOf(transcribe.id);
      if (!open) return;
      setUtterances(found);
      if (seen.status === "progressing") timer = window.setTimeout(() => void read().catch(toastError), POLL_MS);
      else if (transcribe.status === "progressing") setTranscribe(seen);
    };
    void read().catch(toastError);
    return () => {
      open = false;
      clearTimeout(timer);
    };
  }, [transcribe?.id]);
  return { transcribe, utterances, transcribed: setTranscribe };
}

export function Lanes({ utterances, length, at }: { utterances: readonly Utterance[]; length: number; at: number }) {
  const speakers = [...new Set(utterances.map(speaker))];
  if (speakers.length === 0 || length <= 0) return null;
  return (
    <div class="lanes" role="img" aria-label={`Who talked: ${speakers.join(", ")}`}>
      {speakers.map((name) => (
        <div class="lane" key={name}>
          <span class="ellipsis small">{name}</span>
          <svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
            {utterances.filter((each) => speaker(each) === name).map((each) => (
              <rect key={each.id} x={(1000 * each.start_s) / length} y="1" height="8" rx="2" width={Math.max(2, (1000 * (each.end_s - each.start_s)) / length)} />
            ))}
            <line x1={(1000 * at) / length} x2={(1000 * at) / length} y1="0" y2="10" vector-effect="non-scaling-stroke" />
          </svg>
        </div>
      ))}
    </div>
  );
}

const FORMATS = ["txt", "srt", "vtt", "json"] as const;

function Downloads({ transcribe, language }: { transcribe: Transcribe; language: string }) {
  const exporting = (format: (typeof FORMATS)[number]) =>
    request("get", "/v1.0/transcribes/{id}/export", { path: { id: transcribe.id }, query: language ? { format, language } : { format } });
  const save = async (format: (typeof FORMATS)[number]) =>
    download(await (await fetchRaw(exporting(format))).blob(), `transcript-${short(transcribe.reference_id)}.${format}`);
  return (
    <div class="row tight" role="group" aria-label="Download the transcript">
      {FORMATS.map((format) => (
        <span key={format} class="act">
          <button type="button" class="ghost small" title={`Download as ${format.toUpperCase()}`} onClick={() => void save(format).catch(toastError)}>{format.toUpperCase()}</button>
          <ShowRequest request={exporting(format)} />
        </span>
      ))}
    </div>
  );
}

interface TranscriptProps extends Spoken {
  recording: Recording;
  at: number;
  seek: (seconds: number) => void;
}

export function Transcript({ recording, transcribe, utterances, transcribed, at, seek }: TranscriptProps) {
  const begun = utterances.filter((each) => each.start_s <= at);
  const current = begun[begun.length - 1]?.id;
  const list = useRef<HTMLOListElement>(null);
  const [language, setLanguage] = useState("");
  useEffect(() => {
    const item = list.current?.querySelector("[aria-current]");
    if (item instanceof HTMLElement && list.current) list.current.scrollTop = item.offsetTop - list.current.clientHeight / 3;
  }, [current]);
  const ofRoom = recording.reference_type === "confbridge";
  const spoken = useLanguage(!ofRoom);
  const translatable = translationsOf(spoken.language);
  const target = translatable.includes(language) ? language : "";
  const body = {
    reference_type: "recording", reference_id: recording.id,
    ...(spoken.language && { language: spoken.language }), ...(target && { translate_to: target }),
  } as const;
  return (
    <section class="card transcript" aria-label="Transcript">
      <header><h2>Transcript</h2>{transcribe?.status === "progressing" && <span class="light transcribing">Transcribing</span>}
        {transcribe?.translate_to && <Translation label="Language of the transcript" value={language} languages={[transcribe.translate_to]} change={setLanguage} />}
        {transcribe && utterances.length > 0 && <Downloads transcribe={transcribe} language={language} />}</header>
      {!transcribe && (
        <div class="padded stack">
          <p class="muted">This recording has no transcript.</p>
          <div class="row bottom">
            <Language {...spoken} placeholder={ofRoom ? "That of the room" : "Such as en-US"} />
            {translatable.length > 0 && <Translation label="Language of the transcript" value={target} languages={translatable} change={setLanguage} />}
            <Act request={request("post", "/v1.0/transcribes", { body })} icon="transcripts" disabled={!ofRoom && !spoken.language} done={(answer) => transcribed(answer)}>Transcribe it</Act>
          </div>
        </div>
      )}
      {transcribe?.status === "done" && utterances.length === 0 && <p class="padded muted">Nothing was said.</p>}
      <ol ref={list}>
        {utterances.map((each) => (
          <li key={each.id} aria-current={each.id === current ? "true" : undefined}>
            <button type="button" class="ghost utterance" onClick={() => seek(each.start_s)}>
              <span class="muted small">{duration(each.start_s * 1000)} · {speaker(each)}</span>
              <span>{each.translations[language] ?? each.message}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

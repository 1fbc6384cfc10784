// One recording: player, waveform, who talked, transcript, files and whether it is unchanged.
import { useEffect, useRef, useState } from "preact/hooks";
import { fetchRaw, request, send, type ApiRequest, type Schemas } from "../../api/request";
import { Act, ShowRequest } from "../../ui/Act";
import { download } from "../../ui/download";
import { Icon } from "../../ui/Icon";
import { duration } from "../../ui/format";
import { ErrorNote, Loading } from "../../ui/notes";
import { toastError } from "../../ui/toast";
import type { ViewProps } from "../registry";
import { Markers, useTimeline, type Timeline } from "./Markers";
import { Lanes, Transcript, useTranscript } from "./Transcript";
import { Waveform } from "./Waveform";
import { readNames, titleOf, type Recording } from "./list";

type Verification = Schemas["Verification"];

/** Fetch a file with the credential. */
async function soundOf(request: ApiRequest): Promise<Blob> {
  return (await fetchRaw(request)).blob();
}

const fileOf = (id: string, track = "") => request("get", "/v1.0/recordingfiles/{id}", { path: { id }, query: { track } });

/** The position that the address asks for, in seconds: a search leads to it. */
const askedFor = () => Number(new URLSearchParams(location.hash.split("?")[1]).get("at"));

export function RecordingView({ id = "" }: ViewProps) {
  const [recording, setRecording] = useState<Recording>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    send(request("get", "/v1.0/recordings/{id}", { path: { id } })).then((read) => (setRecording(read), readNames([read]))).catch(setError);
  }, [id]);
  if (error) return <ErrorNote error={error} />;
  if (!recording) return <Loading />;
  return (
    <>
      <div class="view-head">
        <div class="grow"><p><a href="#/recordings">Recordings</a></p><h1>{titleOf(recording)}</h1></div>
      </div>
      {recording.status === "ended" ? <Player recording={recording} /> : <p class="note">It can be played when it has ended.</p>}
    </>
  );
}

function Player({ recording }: { recording: Recording }) {
  const { id } = recording;
  const audio = useRef<HTMLAudioElement>(null);
  const [source, setSource] = useState("");
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [playing, setPlaying] = useState(false);
  const spoken = useTranscript(id);
  const { markers, voices } = useTimeline(recording);
  useEffect(() => {
    let made = "";
    soundOf(fileOf(id)).then((sound) => setSource((made = URL.createObjectURL(sound)))).catch(toastError);
    return () => URL.revokeObjectURL(made);
  }, [id]);
  const seek = (seconds: number) => {
    if (!audio.current) return;
    audio.current.currentTime = seconds;
    setAt(seconds);
  };
  const toggle = () => (playing ? audio.current?.pause() : void audio.current?.play().catch(toastError));
  return (
    <div class="recording-grid">
      <div class="stack">
        <section class="card padded player" aria-label="Player">
          <Waveform id={id} at={at} length={length} markers={markers} seek={seek} />
          <Lanes utterances={spoken.utterances} length={length} at={at} />
          <div class="row">
            <button class="primary" type="button" disabled={!source} onClick={toggle}><Icon name={playing ? "pause" : "play"} />{playing ? "Pause" : "Play"}</button>
            <span class="clock">{duration(at * 1000)} / {duration(length * 1000)}</span>
          </div>
          <audio ref={audio} src={source || undefined} preload="metadata" onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
            onDurationChange={(event) => setLength(lengthOf(event.currentTarget))} onLoadedMetadata={() => seek(askedFor() || 0)} onPlay={() => setPlaying(true)} onPause={() => setPlaying(false)} />
        </section>
        <Markers markers={markers} seek={seek} />
        <Files recording={recording} voices={voices} />
      </div>
      <Transcript recording={recording} at={at} seek={seek} {...spoken} />
    </div>
  );
}

function FileButton({ name, voice = "", bytes, request }: { name: string; voice?: string; bytes: number; request: ApiRequest }) {
  const save = () => void soundOf(request).then((sound) => download(sound, name)).catch(toastError);
  return (
    <span class="act">
      <button class="small icon-text" type="button" onClick={save}><Icon name="download" />{voice || name}<span class="muted">{voice && `${name}, `}{(bytes / 1e6).toFixed(1)} MB</span></button>
      <ShowRequest request={request} />
    </span>
  );
}

function Files({ recording, voices }: { recording: Recording; voices: Timeline["voices"] }) {
  const [result, setResult] = useState<Verification>();
  return (
    <section class="card padded" aria-label="Files">
      <h2>Files</h2>
      <ul class="files">
        {recording.files.map((file, index) => (
          <li key={file.name}><FileButton name={file.name} voice={voices.get(file.track)} bytes={file.bytes} request={fileOf(recording.id, index === 0 ? "" : file.track)} /></li>
        ))}
      </ul>
      <div class="row">
        <Act request={request("get", "/v1.0/recordings/{id}/verification", { path: { id: recording.id } })} icon="check" done={setResult}>Verify</Act>
        {result && (
          <span role="status" class={`badge ${result.intact ? "good" : "bad"}`}>
            {result.intact ? "Unchanged since it was sealed" : result.findings.map((each) => `${each.what} ${each.where}`).join("; ")}
          </span>
        )}
      </div>
      <p class="muted small ellipsis">Seal <code>{recording.seal}</code></p>
    </section>
  );
}

/** Return the length in seconds; 0 while the browser does not know it, which it shows as NaN or infinite. */
function lengthOf({ duration: seconds }: HTMLMediaElement): number {
  return Number.isFinite(seconds) ? seconds : 0;
}

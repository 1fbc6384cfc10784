// Record the room: at once, or in a format of choice; pause, resume, stop.
import { useEffect, useState } from "preact/hooks";
import { request, send, type Schemas } from "../../api/request";
import { Act, ShowRequest } from "../../ui/Act";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import type { FieldHints } from "../../ui/form/Editor";
import { isSet } from "../../ui/format";
import { useFlows } from "../../ui/form/choices";
import { SchemaForm, type Section } from "../../ui/form/SchemaForm";
import { toastError } from "../../ui/toast";
import { isRecorded, type Room } from "../rooms/list";
import type { RoomModel } from "./model";

const START: readonly Section[] = [{ fields: ["format", "channels", "stems", "duration"] }, { title: "When it has ended", fields: ["on_end_flow_id"], folded: true }];
const FORMATS = [["wav", "WAV, uncompressed"], ["flac", "FLAC, smaller without loss"], ["ogg", "Ogg with Opus"], ["mp3", "MP3"], ["m4a", "M4A with AAC"]] as const;
const START_HINTS: Readonly<Record<string, FieldHints>> = {
  format: { choices: FORMATS },
  channels: { hint: "Stereo: the first participant on the left, all others on the right." },
  stems: { label: "A file for each participant", hint: "Besides the recording of all; they begin and end with it." },
  duration: { label: "Ends after (s)", hint: "0: when it is stopped or the room closes, at most a day." },
};
const PAUSE_HINTS: Readonly<Record<string, FieldHints>> = {
  mode: { label: "In the recording", choices: [["silence", "Silence, as long as the pause"], ["cut", "Nothing: the pause is cut out"]] },
};

interface RecorderProps {
  model: RoomModel;
  room: Room;
}

export function Recorder({ model, room }: RecorderProps) {
  const [asking, ask] = useState<"start" | "pause">();
  const [paused, setPaused] = usePause(room.recording_id);
  const path = { id: room.id };
  const recorded = isRecorded(room);
  const changed = (answer: Room) => (model.room.value = answer);
  const resuming = request("post", "/v1.0/conferences/{id}/recording_resume", { path });
  const resume = () => send(resuming).then(() => setPaused(false)).catch(toastError);
  // One button for both states: it keeps the focus when a recording has begun.
  const second = recorded
    ? { name: paused ? "Resume the recording" : "Pause the recording", icon: paused ? "play" : "pause", act: paused ? () => void resume() : () => ask("pause") } as const
    : { name: "Choose how to record", icon: "down", act: () => ask("start") } as const;
  return (
    <>
      <span class="joined">
        {recorded
          ? <Act request={request("post", "/v1.0/conferences/{id}/recording_stop", { path })} icon="stop" done={changed}>Stop recording</Act>
          : <Act request={request("post", "/v1.0/conferences/{id}/recording_start", { path })} icon="record" done={changed}>Record</Act>}
        <button type="button" class="icon" title={second.name} aria-label={second.name} onClick={second.act}><Icon name={second.icon} /></button>
        {recorded && paused && <ShowRequest request={resuming} />}
      </span>
      {paused && <span class="badge warn">Paused</span>}
      {asking === "start" && <StartForm room={room.id} close={() => ask(undefined)} done={(answer) => (ask(undefined), changed(answer))} />}
      {asking === "pause" && <PauseForm room={room.id} close={() => ask(undefined)} done={() => (ask(undefined), setPaused(true))} />}
    </>
  );
}

/** No event reports pauses: how the recording is paused is read once, and then known from what is done here. */
function usePause(recording: string) {
  const [paused, setPaused] = useState(false);
  useEffect(() => {
    setPaused(false);
    if (!isSet(recording)) return;
    send(request("get", "/v1.0/recordings/{id}", { path: { id: recording } })).then((read) => setPaused(read.paused !== "")).catch(toastError);
  }, [recording]);
  return [paused, setPaused] as const;
}

interface FormProps<A> {
  room: string;
  close: () => void;
  done: (answer: A) => void;
}

function StartForm({ room, close, done }: FormProps<Room>) {
  const flows = useFlows();
  return (
    <Dialog title="Record the room" close={close}>
      <SchemaForm schema="RecordingBody" sections={START} hints={{ ...START_HINTS, on_end_flow_id: { label: "Run a flow", choices: flows } }} submit="Start recording" cancel={close}
        request={(body) => request("post", "/v1.0/conferences/{id}/recording_start", { path: { id: room }, body: body as Schemas["RecordingBody"] })} done={done} />
    </Dialog>
  );
}

function PauseForm({ room, close, done }: FormProps<unknown>) {
  return (
    <Dialog title="Pause the recording" close={close}>
      <p>What is said until it is resumed is not kept.</p>
      <SchemaForm schema="PauseBody" hints={PAUSE_HINTS} submit="Pause" cancel={close}
        request={(body) => request("post", "/v1.0/conferences/{id}/recording_pause", { path: { id: room }, body: body as Schemas["PauseBody"] })} done={done} />
    </Dialog>
  );
}

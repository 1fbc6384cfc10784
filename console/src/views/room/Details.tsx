// What can be done with one participant, and the quality of its line.
import { useEffect, useRef, useState } from "preact/hooks";
import { request, type Schemas } from "../../api/request";
import { Act } from "../../ui/Act";
import { Icon } from "../../ui/Icon";
import { short } from "../../ui/format";
import { History } from "./History";
import { Move } from "./Move";
import type { Participant } from "./meters";
import { kindOf, nameOf, patch, type RoomModel } from "./model";

const milliseconds = (value: number) => `${Math.round(value)} ms`;

interface DetailsProps {
  model: RoomModel;
  participant: Participant;
  close: () => void;
}

export function Details({ model, participant, close }: DetailsProps) {
  const seat = model.seats.rows.value.find((each) => each.id === participant.id);
  const face = participant.face.value;
  const name = nameOf(face, seat);
  const call = { path: { id: face.call_id } };
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    // Opened by the keyboard, they would be far behind the other participants.
    if (document.activeElement?.matches(".who:focus-visible")) card.current?.focus();
  }, []);
  return (
    <section class="card details" ref={card} tabIndex={-1} aria-label={`Details of ${name}`}>
      <header>
        <div class="ellipsis"><h2 class="ellipsis">{name}</h2><p class="muted small">{kindOf(face)}, call {short(face.call_id)}</p></div>
        <button class="ghost icon" type="button" aria-label="Close the details" onClick={close}><Icon name="close" /></button>
      </header>
      <div class="card-body stack">
        <Quality participant={participant} />
        <div class="row">
          <Act request={patch(participant.id, { muted: !seat?.muted })} kind="small alert" pressed={!!seat?.muted} icon={seat?.muted ? "micoff" : "mic"}>{seat?.muted ? "Muted" : "Mute"}</Act>
          <Act request={patch(participant.id, { deaf: !seat?.deaf })} kind="small alert" pressed={!!seat?.deaf} icon="deaf">{seat?.deaf ? "Deaf" : "Deafen"}</Act>
          <Hold callId={face.call_id} />
          <Act request={patch(participant.id, { role: seat?.role === "moderator" ? "participant" : "moderator" })} kind="small" pressed={seat?.role === "moderator"} icon="star">Moderator</Act>
          <Act request={patch(participant.id, { hand_raised: !seat?.hand_raised })} kind="small" pressed={!!seat?.hand_raised} icon="hand">{seat?.hand_raised ? "Lower the hand" : "Raise a hand"}</Act>
        </div>
        <Gain id={participant.id} gain={seat?.gain_db ?? 0} name={name} />
        <Processing id={participant.id} name="levelling" label="Same loudness as the others" value={seat?.levelling ?? "room"} />
        <Processing id={participant.id} name="noise_suppression" label="Noise removed" value={seat?.noise_suppression ?? "room"} />
        <Label id={participant.id} label={seat?.label ?? ""} />
        <Say callId={face.call_id} name={name} />
        <Move id={participant.id} room={model.id} name={name} />
        <div class="row">
          <Act request={request("delete", "/v1.0/conferencecalls/{id}", { path: { id: participant.id } })} kind="small danger" icon="remove">Remove from the room</Act>
          <Act request={request("post", "/v1.0/calls/{id}/hangup", call)} kind="small danger" icon="hangup">Hang up</Act>
        </div>
      </div>
    </section>
  );
}

function Quality({ participant }: { participant: Participant }) {
  const all = participant.quality.value;
  return (
    <div class="histories">
      <History label="Loss" values={all.map((each) => each.loss * 100)} write={(value) => `${value.toFixed(1)} %`} ceiling={2} bad={3} />
      <History label="Jitter" values={all.map((each) => each.jitter_ms)} write={milliseconds} ceiling={30} bad={40} />
      <History label="Round trip" values={all.map((each) => each.round_trip_ms)} write={milliseconds} ceiling={100} bad={300} />
      <History label="Buffer" values={all.map((each) => each.delay_ms)} write={milliseconds} ceiling={80} bad={160} />
      <History label="MOS" values={all.map((each) => each.mos)} write={(value) => value.toFixed(1)} ceiling={4.5} bad={3.5} low />
    </div>
  );
}

/** The API does not say whether we hold a call, so that both are offered until one was used. */
function Hold({ callId }: { callId: string }) {
  const [held, setHeld] = useState(false);
  return (
    <Act request={request(held ? "delete" : "post", "/v1.0/calls/{id}/hold", { path: { id: callId } })} kind="small" pressed={held} icon="hold" done={() => setHeld(!held)}>
      {held ? "Held" : "Hold"}
    </Act>
  );
}

function Gain({ id, gain, name }: { id: string; gain: number; name: string }) {
  const [value, setValue] = useState<number>();
  const shown = value ?? gain;
  return (
    <div class="field flush">
      <label for="gain">Volume for the others</label>
      <div class="row nowrap">
        <input id="gain" type="range" min={-20} max={20} step={1} value={shown} aria-valuetext={`${shown} decibels`} aria-label={`Volume of ${name}`}
          onInput={(event) => setValue(Number(event.currentTarget.value))} />
        <span class="tabular gain-value">{shown > 0 ? "+" : ""}{shown} dB</span>
        <Act request={patch(id, { gain_db: shown })} kind="small" disabled={shown === gain} done={() => setValue(undefined)}>Set</Act>
      </div>
    </div>
  );
}

/** What is done to its audio: as the room says, or always, or never. */
function Processing({ id, name, label, value }: { id: string; name: "levelling" | "noise_suppression"; label: string; value: Schemas["Conferencecall"]["levelling"] }) {
  const choices = [["room", "As the room"], ["on", "On"], ["off", "Off"]] as const;
  return (
    <div class="field flush" role="group" aria-label={label}>
      <span class="muted small">{label}</span>
      <div class="row">
        {choices.map(([choice, text]) => (
          <Act key={choice} request={patch(id, { [name]: choice })} kind="small" pressed={value === choice}>{text}</Act>
        ))}
      </div>
    </div>
  );
}

function Label({ id, label }: { id: string; label: string }) {
  const [text, setText] = useState(label);
  return (
    <div class="field flush">
      <label for="label">Name in this room</label>
      <div class="row nowrap">
        <input id="label" maxLength={255} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <Act request={patch(id, { label: text })} kind="small" disabled={text === label}>Save</Act>
      </div>
    </div>
  );
}

function Say({ callId, name }: { callId: string; name: string }) {
  const [text, setText] = useState("");
  const path = { id: callId };
  return (
    <div class="field flush">
      <label for="say">Say or play to {name} alone</label>
      <div class="row nowrap">
        <input id="say" placeholder="The meeting begins in a minute." value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <Act request={request("post", "/v1.0/calls/{id}/talk", { path, body: { text } as Schemas["TalkBody"] })} kind="small" icon="speak" disabled={!text.trim()} done={() => setText("")}>Say</Act>
      </div>
      <div class="row">
        <Act request={request("post", "/v1.0/calls/{id}/moh", { path })} kind="small" icon="music">Music</Act>
        <Act request={request("delete", "/v1.0/calls/{id}/moh", { path })} kind="small" icon="stop">Stop it</Act>
      </div>
    </div>
  );
}

// Join the room with this browser: name, microphone with its level, speaker, push-to-talk.
import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { ShowRequest } from "../../ui/Act";
import { Icon } from "../../ui/Icon";
import { Meter } from "./Meter";
import { hasMicrophone, join, joinProblem, joinRequest, joinState, joinedRoom, leave, leaveRequest, micOpen, myName, openMicrophone, stop, reasonOf, rememberName, setMicrophone, setSpeaker } from "./whip";

const STORED = { microphone: "mixminus.microphone", speaker: "mixminus.speaker", pushToTalk: "mixminus.ptt" };
const CHOOSES_SPEAKER = "setSinkId" in HTMLMediaElement.prototype;
const EMPTY: readonly MediaDeviceInfo[] = [];

/** Hold a key, or the button, to be heard. */
const pushToTalk = signal(localStorage.getItem(STORED.pushToTalk) === "yes");

export function JoinPanel({ room }: { room: string }) {
  const here = joinedRoom.value === room && joinState.value === "joined";
  return (
    <section class="card join" aria-label="Join with this browser">
      <header><h2>{here ? "You are in the room" : "Join with this browser"}</h2>{here && <span class="badge good">Connected</span>}</header>
      <div class="card-body">
        {joinProblem.value && <p class="note bad" role="alert">{joinProblem.value}</p>}
        {here ? <Joined /> : <Before room={room} />}
      </div>
    </section>
  );
}

function Before({ room }: { room: string }) {
  const [stream, setStream] = useState<MediaStream>();
  const [devices, setDevices] = useState(EMPTY);
  const [microphone, setMicrophoneId] = useState(localStorage.getItem(STORED.microphone) ?? "");
  const [speaker, setSpeakerId] = useState(localStorage.getItem(STORED.speaker) ?? "");
  const [problem, setProblem] = useState("");
  const busy = joinState.value === "joining" || (joinState.value === "joined" && joinedRoom.value !== room);

  const isOpen = useRef(true);
  const used = useRef<MediaStream>();
  const checked = useRef<MediaStream>();
  // The microphone is held while this panel is shown, and by the session that uses it; never longer.
  useEffect(() => () => {
    isOpen.current = false;
    if (checked.current !== used.current) stop(checked.current);
  }, []);

  const check = async (id: string) => {
    setProblem("");
    stop(stream);
    try {
      const opened = await openMicrophone(id).catch(() => openMicrophone(""));
      checked.current = opened;
      if (!isOpen.current) {
        stop(opened);
        return undefined;
      }
      setStream(opened);
      setDevices(await navigator.mediaDevices.enumerateDevices());
      return opened;
    } catch (error) {
      setProblem(reasonOf(error));
      return undefined;
    }
  };
  const choose = (kind: "microphone" | "speaker", id: string) => {
    localStorage.setItem(STORED[kind], id);
    if (kind === "speaker") setSpeakerId(id);
    else {
      setMicrophoneId(id);
      void check(id);
    }
  };
  const enter = async (listening: boolean) => {
    if (listening) stop(stream);
    const using = listening ? undefined : (stream ?? (await check(microphone)));
    if (!listening && !using) return;
    setMicrophone(!pushToTalk.value);
    used.current = using;
    await join(room, using, speaker);
    if (joinState.value === "idle") used.current = undefined;
  };

  return (
    <div class="stack">
      {problem && <p class="note bad" role="alert">{problem}</p>}
      <div class="field flush">
        <label for="own-name">Your name</label>
        <input id="own-name" maxLength={64} autocomplete="name" placeholder="Console" value={myName.value} onInput={(event) => rememberName(event.currentTarget.value)} />
      </div>
      {stream ? (
        <>
          <Devices label="Microphone" kind="audioinput" devices={devices} value={microphone} choose={(id) => choose("microphone", id)} />
          <InputLevel stream={stream} />
          {CHOOSES_SPEAKER && <Devices label="Speaker" kind="audiooutput" devices={devices} value={speaker} choose={(id) => choose("speaker", id)} />}
        </>
      ) : (
        <button type="button" class="icon-text" onClick={() => void check(microphone)}><Icon name="mic" />Check the microphone</button>
      )}
      <PushToTalkSwitch />
      <div class="row">
        <button class="primary" type="button" disabled={busy} onClick={() => void enter(false)}>
          <Icon name="headset" />{joinState.value === "joining" ? "Joining" : "Join"}
        </button>
        <button type="button" disabled={busy} onClick={() => void enter(true)}>Only listen</button>
        <ShowRequest request={joinRequest(room)} />
      </div>
    </div>
  );
}

interface DevicesProps {
  label: string;
  kind: MediaDeviceKind;
  devices: readonly MediaDeviceInfo[];
  value: string;
  choose: (id: string) => void;
}

function Devices({ label, kind, devices, value, choose }: DevicesProps) {
  const found = devices.filter((device) => device.kind === kind);
  return (
    <div class="field flush">
      <label for={kind}>{label}</label>
      <select id={kind} value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">The browser’s choice</option>
        {found.filter((device) => device.deviceId).map((device) => <option key={device.deviceId} value={device.deviceId}>{device.label || label}</option>)}
      </select>
    </div>
  );
}

/** The level of the microphone before joining. */
function InputLevel({ stream }: { stream: MediaStream }) {
  const level = useSignal(-Infinity);
  useEffect(() => {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      level.value = 10 * Math.log10(power);
    }, 80);
    return () => {
      clearInterval(timer);
      void context.close();
    };
  }, [stream]);
  return (
    <div class="input-level">
      <span class="muted small">Input level</span>
      <Meter level={level} label="Input level" />
    </div>
  );
}

function PushToTalkSwitch() {
  const change = (on: boolean) => {
    pushToTalk.value = on;
    localStorage.setItem(STORED.pushToTalk, on ? "yes" : "no");
    setMicrophone(!on);
  };
  return (
    <div class="switch-field">
      <input id="ptt" type="checkbox" role="switch" class="switch" checked={pushToTalk.value} onChange={(event) => change(event.currentTarget.checked)} />
      <div><label for="ptt">Push to talk</label><div class="hint">You are heard while you hold the space bar or the button.</div></div>
    </div>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA|BUTTON|SUMMARY|A)$/.test(target.tagName);
}

function Joined() {
  const leaving = leaveRequest();
  useEffect(() => {
    if (!pushToTalk.value) return undefined;
    const press = (open: boolean) => (event: KeyboardEvent) => {
      if (event.code !== "Space" || isTyping(event.target)) return;
      event.preventDefault();
      if (!event.repeat) setMicrophone(open);
    };
    const [down, up] = [press(true), press(false)];
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    return () => {
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
    };
  }, [pushToTalk.value]);
  const hold = { onPointerDown: () => setMicrophone(true), onPointerUp: () => setMicrophone(false), onPointerLeave: () => setMicrophone(false) };
  return (
    <div class="stack">
      <div class="row">
        {hasMicrophone() && (pushToTalk.value ? (
          <button type="button" class="talk-button" aria-pressed={micOpen.value} {...hold}><Icon name="mic" />{micOpen.value ? "You are heard" : "Hold to talk"}</button>
        ) : (
          <button type="button" class="alert" aria-pressed={!micOpen.value} onClick={() => setMicrophone(!micOpen.value)}>
            <Icon name={micOpen.value ? "mic" : "micoff"} />{micOpen.value ? "Mute yourself" : "Unmute yourself"}
          </button>
        ))}
        <button type="button" class="danger" onClick={leave}><Icon name="hangup" />Leave</button>
        {leaving && <ShowRequest request={leaving} />}
      </div>
      {hasMicrophone() ? <PushToTalkSwitch /> : <p class="muted">You only listen.</p>}
      <SpeakerChoice />
    </div>
  );
}

function SpeakerChoice() {
  const [devices, setDevices] = useState(EMPTY);
  useEffect(() => {
    void navigator.mediaDevices?.enumerateDevices().then(setDevices);
  }, []);
  if (!CHOOSES_SPEAKER || !devices.some((device) => device.kind === "audiooutput" && device.deviceId)) return null;
  return <Devices label="Speaker" kind="audiooutput" devices={devices} value={localStorage.getItem(STORED.speaker) ?? ""}
    choose={(id) => (localStorage.setItem(STORED.speaker, id), void setSpeaker(id))} />;
}

// This browser as a participant: one WHIP session (RFC 9725), with its microphone and its speaker.
//
//   idle -> joining -> joined -> idle        failed: idle, with the reason
import { signal } from "@preact/signals";
import { explain } from "../../api/errors";
import { fetchRaw, ROOT, type ApiRequest } from "../../api/request";

type JoinState = "idle" | "joining" | "joined";

const GATHER_MS = 1000;
const CONNECT_MS = 15_000;
const STORED_NAME = "mixminus.name";

export const joinState = signal<JoinState>("idle");
export const joinProblem = signal("");
export const joinedRoom = signal("");
/** The id of the session, as `session_id` of the participant. */
export const sessionId = signal("");
export const micOpen = signal(true);
export const myName = signal(localStorage.getItem(STORED_NAME) ?? "");

interface Session {
  pc: RTCPeerConnection;
  stream?: MediaStream;
  url: string;
  audio: HTMLAudioElement;
}

let session: Session | undefined;

export function rememberName(name: string): void {
  myName.value = name;
  localStorage.setItem(STORED_NAME, name);
}

/** Open a microphone; an empty id is the browser's choice. */
export async function openMicrophone(deviceId: string): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new Error("Browsers give the microphone only to https:// pages and to localhost. Open the console there, or only listen.");
  return navigator.mediaDevices.getUserMedia({
    audio: { deviceId: deviceId ? { exact: deviceId } : undefined, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
}

/** Stop a microphone, if there is one. */
export function stop(stream: MediaStream | undefined): void {
  stream?.getTracks().forEach((track) => track.stop());
}

export function reasonOf(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError") return "The browser may not use the microphone. Allow it beside the address, or only listen.";
  if (name === "NotFoundError") return "No microphone was found. Plug one in, or only listen.";
  if (name === "NotReadableError") return "Another program holds the microphone. Close it, or only listen.";
  return explain(error);
}

/** The request by which this browser joins; its body is the offer of its connection, as SDP. */
export function joinRequest(room: string): ApiRequest {
  return {
    method: "post",
    url: `v1.0/conferences/${room}/whip?name=${encodeURIComponent(myName.value || "Console")}`,
    headers: { "Content-Type": "application/sdp" },
    file: "offer.sdp",
  };
}

/** The request by which this browser leaves; undefined while it is in no room. */
export function leaveRequest(): ApiRequest | undefined {
  return session && { method: "delete", url: session.url.slice(ROOT.href.length) };
}

/** Join a room; without a stream only to listen. `speaker` is the id of an output, or empty. */
export async function join(room: string, stream: MediaStream | undefined, speaker: string): Promise<void> {
  joinProblem.value = "";
  joinState.value = "joining";
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  const audio = new Audio();
  audio.autoplay = true;
  try {
    const options = await fetchRaw({ method: "options", url: `v1.0/conferences/${room}/whip` });
    pc.setConfiguration({ ...pc.getConfiguration(), iceServers: iceServers(options.headers.get("Link") ?? "") });
    if (stream) stream.getAudioTracks().forEach((track) => pc.addTrack(track, stream));
    else pc.addTransceiver("audio", { direction: "recvonly" });
    pc.ontrack = ({ track }) => void play(audio, track, speaker);
    await pc.setLocalDescription();
    await gathered(pc);
    const response = await fetchRaw(joinRequest(room), { body: pc.localDescription?.sdp ?? "" });
    const url = new URL(response.headers.get("Location") ?? "", response.url);
    session = { pc, stream, audio, url: url.href };
    await pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
    await connected(pc);
    sessionId.value = url.pathname.split("/").pop() ?? "";
    joinedRoom.value = room;
    joinState.value = "joined";
    setMicrophone(micOpen.value);
    pc.onconnectionstatechange = () => ["failed", "closed"].includes(pc.connectionState) && lost();
  } catch (error) {
    joinProblem.value = reasonOf(error);
    pc.close();
    leave();
  }
}

export function setMicrophone(open: boolean): void {
  micOpen.value = open;
  session?.stream?.getAudioTracks().forEach((track) => (track.enabled = open));
}

export function hasMicrophone(): boolean {
  return !!session?.stream;
}

/** Play to another output, where the browser can choose. */
export async function setSpeaker(id: string): Promise<void> {
  if (session && "setSinkId" in session.audio) await session.audio.setSinkId(id);
}

export function leave(): void {
  const left = session;
  const what = leaveRequest();
  session = undefined;
  joinState.value = "idle";
  joinedRoom.value = "";
  sessionId.value = "";
  if (!left || !what) return;
  left.pc.onconnectionstatechange = null;
  stop(left.stream);
  left.audio.srcObject = null;
  // DELETE first: closing the connection would end the session, and DELETE would fail.
  void fetchRaw(what).catch(() => undefined).finally(() => left.pc.close());
}

/** The server has ended the session, or the way to it is gone. */
function lost(): void {
  joinProblem.value = "You are no longer in the room: it was closed, you were removed, or the connection was lost.";
  leave();
}

async function play(audio: HTMLAudioElement, track: MediaStreamTrack, speaker: string): Promise<void> {
  audio.srcObject = new MediaStream([track]);
  if (speaker && "setSinkId" in audio) await audio.setSinkId(speaker).catch(() => undefined);
}

function gathered(pc: RTCPeerConnection): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, GATHER_MS);
    const look = () => pc.iceGatheringState === "complete" && done();
    pc.addEventListener("icegatheringstatechange", look);
    look();
  });
}

function connected(pc: RTCPeerConnection): Promise<void> {
  return new Promise((done, fail) => {
    const failed = () => fail(new Error("No audio path to the server was found. A firewall may block UDP."));
    setTimeout(failed, CONNECT_MS);
    const look = () => {
      if (pc.connectionState === "connected") done();
      if (pc.connectionState === "failed" || pc.connectionState === "closed") failed();
    };
    pc.addEventListener("connectionstatechange", look);
    look();
  });
}

/** STUN and TURN servers of a Link header (RFC 9725 section 4.6). */
function iceServers(link: string): RTCIceServer[] {
  return [...link.matchAll(/<([^>]+)>([^,]*)/g)].map(([, urls = "", parameters = ""]) => {
    const find = (name: string) => new RegExp(`; ${name}="([^"]*)"`).exec(parameters)?.[1];
    return { urls, username: find("username"), credential: find("credential") };
  });
}

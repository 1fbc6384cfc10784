// The live connection: one WebSocket for all events, which resumes where it was interrupted.
//
//   off -> connecting -> live -> waiting -> connecting ...      off: logged out
import { signal } from "@preact/signals";
import { client } from "./request";
import { expire } from "./session";

export interface LiveEvent {
  readonly id: number;
  /** Such as conference_updated: the resource, then what happened. */
  readonly type: string;
  readonly data: Record<string, unknown>;
}

export type LiveState = "off" | "connecting" | "live" | "waiting";
type Listener = (event: LiveEvent) => void;

const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
// The server takes the id of its last event for one that is too high: events from the moment of connecting on.
const FROM_NOW = "999999999999999999";
const CREDENTIAL_REFUSED = 1008;

export const liveState = signal<LiveState>("off");
/** When the next attempt begins, by Date.now(). */
export const retryAt = signal(0);

const listeners = new Set<Listener>();
const onConnect = new Set<() => void>();
let socket: WebSocket | undefined;
let timer = 0;
let attempts = 0;
let last = "";

/** Call the listener with each event, and `connected` whenever the connection is there; returns what ends it. */
export function listen(listener: Listener, connected?: () => void): () => void {
  listeners.add(listener);
  if (connected) onConnect.add(connected);
  return () => {
    listeners.delete(listener);
    if (connected) onConnect.delete(connected);
  };
}

export function connect(customerId: string): void {
  disconnect();
  last = "";
  open(customerId);
}

export function disconnect(): void {
  clearTimeout(timer);
  const closing = socket;
  socket = undefined;
  closing?.close();
  liveState.value = "off";
}

function open(customerId: string): void {
  liveState.value = "connecting";
  const opening = client.socket("/v1.0/ws", { query: { numbered: "1", after: last || FROM_NOW } });
  socket = opening;
  opening.onopen = () => {
    attempts = 0;
    opening.send(JSON.stringify({ type: "subscribe", topics: [`customer_id:${customerId}`] }));
    liveState.value = "live";
    onConnect.forEach((call) => call());
  };
  opening.onmessage = ({ data }: MessageEvent<string>) => {
    const event = JSON.parse(data) as LiveEvent;
    last = String(event.id);
    listeners.forEach((call) => call(event));
  };
  opening.onclose = ({ code, reason }) => {
    if (socket !== opening) return;
    if (code === CREDENTIAL_REFUSED && reason.includes("credential")) return expire();
    retry(customerId);
  };
}

function retry(customerId: string): void {
  const pause = PAUSES_MS[Math.min(attempts, PAUSES_MS.length - 1)] ?? 0;
  attempts += 1;
  retryAt.value = Date.now() + pause;
  liveState.value = "waiting";
  clearTimeout(timer);
  timer = window.setTimeout(() => open(customerId), pause);
}

/** Connect again at once if the console waits for the next attempt. */
export function retryNow(customerId: string): void {
  if (liveState.value !== "waiting") return;
  clearTimeout(timer);
  open(customerId);
}

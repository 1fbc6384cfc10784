// The live connection: one WebSocket for all events, which resumes where it was interrupted.
//
//   off -> connecting -> live -> waiting -> connecting ...      off: logged out
//   off -> reading                                              without events, which a viewer does not get
import { signal } from "@preact/signals";
import { RequestFailed, type Event } from "mixminus-client";
import { client } from "./request";
import { expire } from "./session";

export type LiveEvent = Event;
export type LiveState = "off" | "connecting" | "live" | "waiting" | "reading";
type Listener = (event: LiveEvent) => void;

const RETRIES = { attempts: Infinity };
// The server takes the id of its last event for one that is too high: events from the moment of connecting on.
/** How often everything that is shown is read again, where no events come. */
const READING_MS = 3000;
const FROM_NOW = "999999999999999999";

export const liveState = signal<LiveState>("off");
/** When the next attempt begins, by Date.now(). */
export const retryAt = signal(0);

const listeners = new Set<Listener>();
const onConnect = new Set<() => void>();
let current: AbortController | undefined;
let last = "";
let reading: number | undefined;

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
  last = "";
  void follow(customerId);
}

/** Read all that is shown again and again, in the place of events. */
export function readAgain(): void {
  disconnect();
  liveState.value = "reading";
  reading = window.setInterval(() => document.hidden || onConnect.forEach((call) => call()), READING_MS);
}

export function disconnect(): void {
  clearInterval(reading);
  current?.abort();
  current = undefined;
  liveState.value = "off";
}

/** Connect again at once if the console waits for the next attempt. */
export function retryNow(customerId: string): void {
  if (liveState.value === "waiting") void follow(customerId);
}

async function follow(customerId: string): Promise<void> {
  current?.abort();
  const following = new AbortController();
  current = following;
  const options = {
    topics: [`customer_id:${customerId}`],
    after: last || FROM_NOW,
    signal: following.signal,
    retries: RETRIES,
    observe: (state: "connecting" | "open" | "waiting", milliseconds: number) => {
      if (current === following) show(state, milliseconds);
    },
  };
  try {
    for await (const event of client.events(options)) {
      last = String(event.id);
      listeners.forEach((call) => deliver(call, event));
    }
  } catch (error) {
    if (current !== following) return;
    disconnect();
    if (error instanceof RequestFailed && error.status === 401) expire();
    else reportError(error);
  }
}

function show(state: "connecting" | "open" | "waiting", milliseconds: number): void {
  retryAt.value = Date.now() + milliseconds;
  liveState.value = state === "open" ? "live" : state;
  if (state === "open") onConnect.forEach((call) => call());
}

/** An error in one view must not end the connection of all. */
function deliver(call: Listener, event: LiveEvent): void {
  try {
    call(event);
  } catch (error) {
    reportError(error);
  }
}

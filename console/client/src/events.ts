// Events as they come, over the WebSocket; a lost connection is opened again where it broke (api.md section 12).
import type { Client } from "./client.js";
import { RequestFailed, ServerUnreachable } from "./errors.js";
import { request } from "./request.js";
import { pause, pauseMs, type Retries } from "./retries.js";
import type { Schemas } from "./types.js";

export type Event = Schemas["Event"];

export interface EventOptions {
  /** The default is every event of the customer. */
  topics?: readonly string[];
  /** Only events behind the one with this id; the default is those from now on. */
  after?: number | string;
  /** Ends the iteration. */
  signal?: AbortSignal;
  /** `attempts` is how often in a row the connection may fail: then ServerUnreachable is thrown. */
  retries?: Partial<Retries>;
  /** Called when a connection is attempted, is there, or is lost and attempted again after so many milliseconds. */
  observe?: (state: "connecting" | "open" | "waiting", milliseconds: number) => void;
}

// A server that restarts is away for seconds.
const EVENT_RETRIES: Retries = { attempts: 6, firstMs: 500, longestMs: 8000 };
// Above every event's id: the answer has no events, and says how far they go.
const NEWEST = "999999999999999999";
// Frames that wait for a slow reader; then the connection is closed, and resumed when they are read.
const MAX_WAITING = 1000;
const ABNORMAL_CLOSURE = 1006;
const POLICY_VIOLATION = 1008;
const UNSUPPORTED_DATA = 1003;
const SERVER_STOPS: readonly number[] = [1000, 1001];

interface Ending {
  code: number;
  reason: string;
  opened: boolean;
}

/** One connection: its events, in order, and how it ended. */
class Connection {
  ending: Ending | undefined;
  private readonly waiting: Event[] = [];
  private wake: () => void = () => undefined;
  private opened = false;

  constructor(private readonly socket: WebSocket, topics: readonly string[], opened: () => void, private readonly signal?: AbortSignal) {
    socket.onopen = () => {
      this.opened = true;
      socket.send(JSON.stringify({ type: "subscribe", topics }));
      opened();
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      if (this.ending) return;
      this.waiting.push(JSON.parse(data) as Event);
      if (this.waiting.length === MAX_WAITING) this.close("the reader is slow");
      this.wake();
    };
    socket.onclose = ({ code, reason }) => this.end(code, reason);
    // Node.js 20 has no close event for a connection that was not made.
    socket.onerror = () => this.end(ABNORMAL_CLOSURE, "");
    signal?.addEventListener("abort", this.close);
    if (signal?.aborted) this.close();
  }

  /** Return the next event; undefined after the last. */
  async next(): Promise<Event | undefined> {
    while (this.waiting.length === 0 && !this.ending) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.waiting.shift();
  }

  readonly close = (reason: unknown = ""): void => {
    this.signal?.removeEventListener("abort", this.close);
    this.socket.close();
    this.end(SERVER_STOPS[0] ?? 0, String(reason));
  };

  private end(code: number, reason: string): void {
    this.ending ??= { code, reason, opened: this.opened };
    this.wake();
  }
}

/** Yield events; see Client.events. */
export async function* follow(client: Client, options: EventOptions): AsyncGenerator<Event, void, undefined> {
  const { signal, observe = () => undefined } = options;
  const retries = { ...EVENT_RETRIES, ...options.retries };
  const topics = options.topics ?? [`customer_id:${(await client.send(request("get", "/v1.0/customer"))).id}`];
  let after = options.after ?? (await client.send(request("get", "/v1.0/events", { query: { after: NEWEST } }))).next_after;
  let failed = 0;
  while (!signal?.aborted) {
    observe("connecting", 0);
    const socket = client.socket("/v1.0/ws", { query: { after: String(after) } });
    const connection = new Connection(socket, topics, () => observe("open", 0), signal);
    try {
      for (let event = await connection.next(); event && !signal?.aborted; event = await connection.next()) {
        after = event.id;
        failed = 0;
        yield event;
      }
    } finally {
      connection.close();
    }
    if (signal?.aborted) return;
    const { code, reason, opened } = connection.ending as Ending;
    await refuse(client, { code, reason, opened });
    failed = opened && SERVER_STOPS.includes(code) ? 1 : failed + 1;
    if (failed > retries.attempts) throw new ServerUnreachable(new Error(`the connection for events was lost: ${reason || code}`));
    const wait = pauseMs(retries, failed);
    observe("waiting", wait);
    await pause(wait, signal);
  }
}

/** Throw what no attempt would change. A refused WebSocket says nothing: a request finds out whether it is the credential. */
async function refuse(client: Client, { code, reason, opened }: Ending): Promise<void> {
  if (code === POLICY_VIOLATION && reason.includes("credential")) throw new RequestFailed(401, "AUTHENTICATION_REQUIRED", reason, "");
  if ((code === POLICY_VIOLATION && reason !== "no pong") || code === UNSUPPORTED_DATA) throw new RequestFailed(400, "INVALID_ARGUMENT", reason, "");
  if (opened) return;
  try {
    await client.once(request("get", "/v1.0/customer"));
  } catch (error) {
    if (error instanceof RequestFailed && error.status === 401) throw error;
  }
}

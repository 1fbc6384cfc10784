// Who is in a room, their levels and the quality of their lines, as the server pushes them.
//
// Each participant has signals of its own: a level that changes redraws one meter and nothing else.
import { signal, type Signal } from "@preact/signals";
import { liveState } from "../../api/live";
import { client, type Schemas } from "../../api/request";

export type Face = Schemas["Talker"];

export interface Quality {
  delay_ms: number;
  jitter_ms: number;
  loss: number;
  round_trip_ms: number | null;
  mos: number | null;
}

export interface Participant {
  readonly id: string;
  readonly face: Signal<Face>;
  /** dBov: -127 is silence, 0 full scale. */
  readonly level: Signal<number>;
  readonly talking: Signal<boolean>;
  /** The last minutes, oldest first. */
  readonly quality: Signal<readonly Quality[]>;
}

interface Frame {
  participants?: Face[];
  left?: string[];
  levels?: Array<{ conferencecall_id: string; level_dbov: number; talking: boolean }>;
  quality?: Array<Quality & { conferencecall_id: string }>;
}

const HISTORY = 120;
const SILENCE = -127;
const CLOSED = 1000;
const RETRY_MS = 1500;

export class RoomMeters {
  readonly participants = signal<readonly Participant[]>([]);
  /** Whether the first frame has come. */
  readonly ready = signal(false);
  private readonly byId = new Map<string, Participant>();
  private socket?: WebSocket;
  private timer = 0;
  private done = false;

  constructor(private readonly roomId: string) {}

  open(): () => void {
    this.connect();
    return () => {
      this.done = true;
      clearTimeout(this.timer);
      this.socket?.close();
    };
  }

  get(id: string): Participant | undefined {
    return this.byId.get(id);
  }

  private connect(): void {
    if (this.done || liveState.value === "off") return;
    const socket = client.socket("/v1.0/conferences/{id}/meters", { path: { id: this.roomId } });
    this.socket = socket;
    let first = true;
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      const frame = JSON.parse(data) as Frame;
      if (first) this.forgetAllBut(frame);
      first = false;
      this.apply(frame);
    };
    socket.onclose = ({ code }) => {
      if (code !== CLOSED) this.timer = window.setTimeout(() => this.connect(), RETRY_MS);
    };
  }

  /** The first frame of a connection has everybody: who is not in it has left while there was no connection. */
  private forgetAllBut(frame: Frame): void {
    const there = new Set(frame.participants?.map((each) => each.conferencecall_id));
    for (const id of this.byId.keys()) if (!there.has(id)) this.byId.delete(id);
    this.publish();
    this.ready.value = true;
  }

  private apply(frame: Frame): void {
    let changed = false;
    for (const face of frame.participants ?? []) {
      const known = this.byId.get(face.conferencecall_id);
      if (known) known.face.value = face;
      else {
        changed = true;
        this.byId.set(face.conferencecall_id, {
          id: face.conferencecall_id,
          face: signal(face),
          level: signal(SILENCE),
          talking: signal(false),
          quality: signal([]),
        });
      }
    }
    for (const id of frame.left ?? []) changed = this.byId.delete(id) || changed;
    for (const { conferencecall_id, level_dbov, talking } of frame.levels ?? []) {
      const known = this.byId.get(conferencecall_id);
      if (!known) continue;
      known.level.value = level_dbov;
      known.talking.value = talking;
    }
    for (const { conferencecall_id, ...quality } of frame.quality ?? []) {
      const known = this.byId.get(conferencecall_id);
      if (known) known.quality.value = [...known.quality.value, quality].slice(-HISTORY);
    }
    if (changed) this.publish();
  }

  private publish(): void {
    this.participants.value = [...this.byId.values()];
  }
}

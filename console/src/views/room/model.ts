// One room as its view shows it: the room itself, its participants' settings, and the pushed levels.
import { signal } from "@preact/signals";
import { Collection } from "../../api/collection";
import { request, send, type Schemas } from "../../api/request";
import { listen } from "../../api/live";
import { isSet, moment } from "../../ui/format";
import type { Room } from "../rooms/list";
import { RoomMeters, type Face } from "./meters";

export type Seat = Schemas["Conferencecall"];
export type ChatMessage = Schemas["ChatMessage"];
export type Playback = Schemas["Playback"];
export type MediaStream = Schemas["MediaStream"];
export type Listener = Schemas["Listener"];
export type Broadcast = Schemas["Broadcast"];

const SHOWN_PLAYBACKS: ReadonlyArray<Playback["status"]> = ["queued", "playing", "failed"];

export class RoomModel {
  readonly room = signal<Room | undefined>(undefined);
  readonly error = signal<unknown>(undefined);
  readonly meters: RoomMeters;
  readonly seats: Collection<Seat>;
  readonly messages: Collection<ChatMessage>;
  /** Those that play, wait, or have failed. */
  readonly playbacks: Collection<Playback>;
  /** Those whose WebSocket the server opens; also some that have ended. */
  readonly streams: Collection<MediaStream>;
  /** Who hears the room by WHEP, without being in it. */
  readonly listeners: Collection<Listener>;
  /** Also some that have ended. */
  readonly broadcasts: Collection<Broadcast>;

  constructor(readonly id: string) {
    this.meters = new RoomMeters(id);
    this.seats = new Collection<Seat>(
      ["conferencecall", "participant_waiting", "participant_hand"],
      (page_token) => request("get", "/v1.0/conferencecalls", { query: { page_token, conference_id: id } }),
      (seat) => seat.conference_id === id && seat.status !== "leaved",
    );
    this.messages = new Collection<ChatMessage>(
      "chatmessage",
      (page_token) => request("get", "/v1.0/conferences/{id}/messages", { path: { id }, query: { page_token } }),
      (message) => message.conference_id === id && moment(message.tm_delete) === undefined,
    );
    this.playbacks = new Collection<Playback>(
      "playback",
      () => request("get", "/v1.0/conferences/{id}/playbacks", { path: { id } }),
      (playback) => playback.conference_id === id && SHOWN_PLAYBACKS.includes(playback.status),
    );
    this.streams = new Collection<MediaStream>(
      "mediastream",
      () => request("get", "/v1.0/conferences/{id}/media_streams", { path: { id } }),
      (stream) => stream.conference_id === id,
    );
    this.listeners = new Collection<Listener>(
      "listener",
      () => request("get", "/v1.0/conferences/{id}/listeners", { path: { id } }),
      (listener) => listener.conference_id === id && moment(listener.tm_end) === undefined,
    );
    this.broadcasts = new Collection<Broadcast>(
      "broadcast",
      () => request("get", "/v1.0/conferences/{id}/broadcasts", { path: { id } }),
      (broadcast) => broadcast.conference_id === id,
    );
  }

  open(): () => void {
    const closing = [this.seats.open(), this.meters.open(), this.follow()];
    void this.load();
    return () => closing.forEach((close) => close());
  }

  async load(): Promise<void> {
    try {
      this.room.value = await send(request("get", "/v1.0/conferences/{id}", { path: { id: this.id } }));
      this.error.value = undefined;
    } catch (error) {
      this.error.value = error;
    }
  }

  private follow(): () => void {
    return listen(
      (event) => {
        if (event.type.startsWith("conference_") && event.data.id === this.id) {
          // Events leave out the PINs; the room keeps those that were read.
          const { pin, moderator_pin } = this.room.value ?? {};
          this.room.value = { ...(event.data as unknown as Room), ...(pin !== undefined && { pin, moderator_pin }) } as Room;
        }
      },
      () => void this.load(),
    );
  }
}

const KINDS = { sip: "Phone", webrtc: "Browser", local: "This server" } as const;

/** Return what a participant is called: its label, its own name, or what it is. */
export function nameOf(face: Face, seat?: Seat): string {
  return seat?.label || face.name || KINDS[face.transport];
}

/** Return what the participant with this id is called in its room; "all" for the whole room. */
export function nameIn(model: RoomModel, id: string): string {
  if (!isSet(id)) return "all";
  const participant = model.meters.get(id);
  return participant ? nameOf(participant.face.value, model.seats.get(id)) : model.seats.get(id)?.label || "A participant that has left";
}

export function kindOf(face: Face): string {
  const codec = face.codec === "opus" ? "Opus" : face.codec;
  return codec ? `${KINDS[face.transport]}, ${codec}` : KINDS[face.transport];
}

/** Return the request that changes a participant. */
export function patch(id: string, body: Schemas["ParticipantBody"]) {
  return request("patch", "/v1.0/conferencecalls/{id}", { path: { id }, body });
}

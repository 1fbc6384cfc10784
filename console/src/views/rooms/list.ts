// The rooms of the customer, live.
import { Collection } from "../../api/collection";
import { request, type Schemas } from "../../api/request";
import { isSet, moment } from "../../ui/format";

export type Room = Schemas["Conference"];

export const rooms = new Collection<Room>(
  "conference",
  (page_token) => request("get", "/v1.0/conferences", { query: { page_token } }),
  (room) => moment(room.tm_delete) === undefined,
);

export function isOpen(room: Room): boolean {
  return room.status === "starting" || room.status === "progressing";
}

export function isRecorded(room: Room): boolean {
  return isSet(room.recording_id);
}

export function isTranscribed(room: Room): boolean {
  return isSet(room.transcribe_id);
}

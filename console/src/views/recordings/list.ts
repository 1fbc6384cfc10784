// The recordings of the customer, live.
import { Collection } from "../../api/collection";
import { request, type Schemas } from "../../api/request";
import { duration, moment, short, when } from "../../ui/format";
import { now } from "../../ui/now";

export type Recording = Schemas["Recording"];

export const recordings = new Collection<Recording>(
  "recording",
  (page_token) => request("get", "/v1.0/recordings", { query: { page_token } }),
  (row) => moment(row.tm_delete) === undefined,
);

export function titleOf(recording: Recording): string {
  const what = recording.reference_type === "call" ? "Call" : "Room";
  return `${what} ${short(recording.reference_id)}, ${when(recording.tm_start ?? recording.tm_create)}`;
}

export function lengthOf(recording: Recording): string {
  const begun = moment(recording.tm_start);
  return begun === undefined ? "–" : duration((moment(recording.tm_end) ?? now.value) - begun);
}

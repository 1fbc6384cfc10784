// The recordings of the customer, live, and the names of their rooms.
import { signal } from "@preact/signals";
import { Collection } from "../../api/collection";
import { request, send, type Schemas } from "../../api/request";
import { duration, moment, short, when } from "../../ui/format";
import { now } from "../../ui/now";

export type Recording = Schemas["Recording"];

export const recordings = new Collection<Recording>(
  "recording",
  (page_token) => request("get", "/v1.0/recordings", { query: { page_token } }),
  (row) => moment(row.tm_delete) === undefined,
);

const MOST_NAMES = 30;

/** By ids of rooms; empty while a name is read, and if it cannot be. */
const names = signal<ReadonlyMap<string, string>>(new Map());

/** Read the names of the rooms of the newest recordings: most rooms are closed, and no list has them. */
export async function readNames(newest: readonly Recording[]): Promise<void> {
  const ids = newest.filter(({ reference_type }) => reference_type === "confbridge").map(({ reference_id }) => reference_id);
  const unknown = [...new Set(ids)].slice(0, MOST_NAMES).filter((id) => !names.value.has(id));
  const put = (id: string, name: string) => (names.value = new Map(names.value).set(id, name));
  unknown.forEach((id) => put(id, ""));
  for (const id of unknown) {
    await send(request("get", "/v1.0/conferences/{id}", { path: { id } })).then(({ name }) => put(id, name)).catch(() => undefined); // its id is shown
  }
}

/** What was recorded, and when. */
export function titleOf({ reference_type, reference_id, tm_start, tm_create }: Recording): string {
  const what = names.value.get(reference_id) || `${reference_type === "call" ? "Call" : "Room"} ${short(reference_id)}`;
  return `${what}, ${when(tm_start ?? tm_create)}`;
}

export function lengthOf(recording: Recording): string {
  const begun = moment(recording.tm_start);
  return begun === undefined ? "–" : duration((moment(recording.tm_end) ?? now.value) - begun);
}

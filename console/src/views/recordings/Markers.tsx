// What happened while a recording ran, from its timeline: who joined and left, pauses. Each leads the player there.
import { useEffect, useState } from "preact/hooks";
import { readPages } from "../../api/pages";
import { request, send } from "../../api/request";
import { duration, short } from "../../ui/format";
import { toastError } from "../../ui/toast";
import type { Recording } from "./list";

export interface Marker {
  readonly at: number;
  readonly text: string;
}

interface Entry {
  type: string;
  event?: string;
  at?: number;
  port?: number;
  sample_rate_hz?: number;
  conferencecall_id?: string;
}

export interface Timeline {
  readonly markers: readonly Marker[];
  /** Who is in a track, by its name. */
  readonly voices: ReadonlyMap<string, string>;
}

const MAX_PAGES = 5;
const WORDS: Readonly<Record<string, string>> = { joined: "joined", left: "left", paused: "Paused", resumed: "Resumed" };

/** Return the names of a room's participants, by their ids. */
async function namesOf({ reference_type, reference_id }: Recording): Promise<ReadonlyMap<string, string>> {
  if (reference_type !== "confbridge") return new Map();
  const { rows } = await readPages((page_token) => request("get", "/v1.0/conferencecalls", { query: { conference_id: reference_id, page_token } }), MAX_PAGES);
  return new Map(rows.map(({ id, label }) => [id, label]));
}

async function read(recording: Recording): Promise<Timeline> {
  const [timeline, names] = await Promise.all([
    send(request("get", "/v1.0/recordings/{id}/timeline", { path: { id: recording.id } })),
    namesOf(recording),
  ]);
  const entries = timeline.entries.map(({ entry }) => entry as unknown as Entry);
  const rate = entries.find(({ type }) => type === "begin")?.sample_rate_hz ?? 1;
  const nameOf = (id: string) => names.get(id) || `Participant ${short(id)}`;
  const markers = entries.flatMap(({ event = "", at = 0, conferencecall_id: id }) => {
    const words = WORDS[event];
    return words ? [{ at: at / rate, text: id ? `${nameOf(id)} ${words}` : words }] : [];
  });
  const voices = entries.flatMap(({ event, port, conferencecall_id: id }) => (event === "joined" && port !== undefined && id ? [[`port-${port}`, nameOf(id)] as const] : []));
  return { markers, voices: new Map(voices) };
}

export function useTimeline(recording: Recording): Timeline {
  const [timeline, setTimeline] = useState<Timeline>({ markers: [], voices: new Map() });
  useEffect(() => {
    read(recording).then(setTimeline).catch(toastError);
  }, [recording.id]);
  return timeline;
}

export function Markers({ markers, seek }: { markers: readonly Marker[]; seek: (seconds: number) => void }) {
  if (markers.length === 0) return null;
  return (
    <section class="card padded" aria-label="Markers">
      <h2>Markers</h2>
      <ul class="markers">
        {markers.map(({ at, text }, index) => (
          <li key={index}><button type="button" class="small" onClick={() => seek(at)}><span class="muted tabular">{duration(at * 1000)}</span>{text}</button></li>
        ))}
      </ul>
    </section>
  );
}

// Media streams of a room or a call: those that there are, and what the form needs that starts one.
import { request, type Schemas } from "../api/request";
import { Act } from "./Act";
import type { FieldHints } from "./form/Editor";
import type { Section } from "./form/SchemaForm";
import type { Value } from "./form/schema";
import { plural } from "./format";

export type MediaStream = Schemas["MediaStream"];

/** The sections of the form; `heard` are the fields that say what the program hears. */
export const sectionsOf = (heard: readonly string[]): readonly Section[] => [
  { fields: ["url"] },
  { fields: ["protocol", ...heard] },
  { title: "More", fields: ["encapsulation", "sample_rate", "parameters"], folded: true },
];
/** The next program is connected like this. */
export const KEPT = ["protocol", "listen", "encapsulation", "sample_rate"];
export const HINTS: Readonly<Record<string, FieldHints>> = {
  url: { label: "URL of the program", whole: true, placeholder: "wss://agent.example.com/ws" },
  protocol: { choices: [["mixminus", "mixminus"], ["twilio", "Twilio Media Streams"]], hint: "Of the messages. Twilio's have mu-law at 8 kHz." },
  sample_rate: { label: "Sample rate (Hz)", choices: ["8000", "16000", "24000", "48000"].map((each) => [each, each] as const) },
};

/** Return the body of the request. Choices are texts; the sample rate is a number. */
export function bodyOf<Body>(value: Value): Body {
  const { sample_rate, ...rest } = value;
  return { ...rest, ...(sample_rate !== undefined && { sample_rate: Number(sample_rate) }) } as Body;
}

const STATES: Readonly<Record<MediaStream["status"], readonly [badge: string, word: string]>> = {
  connecting: ["warn", "Connecting"], connected: ["good", "Connected"], reconnecting: ["warn", "Reconnecting"], ended: ["", "Ended"], failed: ["bad", "Failed"],
};
const OVER: ReadonlyArray<MediaStream["status"]> = ["ended", "failed"];

interface StreamListProps {
  streams: readonly MediaStream[];
  /** What the program hears. */
  heard: (stream: MediaStream) => string;
  put: (stream: MediaStream) => void;
}

export function StreamList({ streams, heard, put }: StreamListProps) {
  return (
    <section class="card playbacks" aria-label="Media streams">
      <header><h2>Media streams</h2></header>
      <ul>
        {streams.map((stream) => {
          const [badge, word] = STATES[stream.status];
          return (
            <li key={stream.id}>
              <div class="grow">
                <p class="break">{stream.url}</p>
                <p class="muted small">
                  {stream.protocol}, hears {heard(stream)}, {stream.sample_rate / 1000} kHz, opened {plural(stream.connections, "time")}
                  {stream.error && <span class="break">: {stream.error}</span>}
                </p>
              </div>
              <span class={`badge ${badge}`} role="status">{word}</span>
              {!OVER.includes(stream.status) && (
                <Act request={request("post", "/v1.0/media_streams/{id}/stop", { path: { id: stream.id } })} kind="small" icon="stop" done={put}>
                  Stop<span class="visually-hidden"> {stream.url}</span>
                </Act>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

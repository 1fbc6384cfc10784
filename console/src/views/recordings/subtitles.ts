// A transcript as a file: plain text, subtitles (SubRip), or WebVTT (W3C).
import type { Schemas } from "../../api/request";

type Utterance = Schemas["Transcript"];

interface Format {
  readonly name: string;
  readonly extension: string;
  readonly write: (utterances: readonly Utterance[], speaker: (utterance: Utterance) => string) => string;
}

/** 00:01:02,500: hours, minutes, seconds and milliseconds, which `mark` separates. */
function clock(seconds: number, mark: string): string {
  const milliseconds = Math.round(1000 * seconds);
  const pad = (value: number, width: number) => String(Math.floor(value)).padStart(width, "0");
  return `${pad(milliseconds / 3_600_000, 2)}:${pad((milliseconds / 60_000) % 60, 2)}:${pad((milliseconds / 1000) % 60, 2)}${mark}${pad(milliseconds % 1000, 3)}`;
}

export const FORMATS: readonly Format[] = [
  { name: "Text", extension: "txt", write: (all, speaker) => all.map((each) => `${speaker(each)}: ${each.message}\n`).join("") },
  {
    name: "SRT", extension: "srt",
    write: (all, speaker) => all.map((each, index) => `${index + 1}\n${clock(each.start_s, ",")} --> ${clock(each.end_s, ",")}\n${speaker(each)}: ${each.message}\n`).join("\n"),
  },
  {
    name: "WebVTT", extension: "vtt",
    write: (all, speaker) => `WEBVTT\n\n${all.map((each) => `${clock(each.start_s, ".")} --> ${clock(each.end_s, ".")}\n<v ${speaker(each)}>${each.message}\n`).join("\n")}`,
  },
  { name: "JSON", extension: "json", write: (all) => JSON.stringify(all, null, 2) },
];

// Create a room, or edit one: every setting of the API, from its schema.
import { request, type Schemas } from "../../api/request";
import { Dialog } from "../../ui/Dialog";
import type { FieldHints } from "../../ui/form/Editor";
import { SchemaForm, type Section } from "../../ui/form/SchemaForm";
import type { Value } from "../../ui/form/schema";
import type { Room } from "./list";

const SECTIONS: readonly Section[] = [
  { fields: ["name", "detail", "type", "max_participants", "timeout"] },
  { title: "Entry", fields: ["pin", "moderator_pin", "locked", "lobby", "wait_for_moderator", "end_when_moderator_leaves"] },
  { title: "Sound", fields: ["entry_tone", "exit_tone", "music_when_alone", "record_on_start", "announce", "prompts", "language", "levelling", "noise_suppression", "relay_digits"] },
  { title: "Keys, texts and flows", folded: true, fields: ["dtmf_menu", "prompt_texts", "pre_flow_id", "post_flow_id", "pre_actions", "post_actions", "data", "id"] },
  { title: "More" },
];

const HINTS: Readonly<Record<string, FieldHints>> = {
  name: { placeholder: "Weekly meeting" },
  detail: { label: "Description" },
  type: {
    hint: "A room for two closes when one of them leaves.",
    choices: [["conference", "Conference"], ["connect", "Room for two"], ["queue", "Queue"]],
  },
  max_participants: { label: "Maximum participants", hint: "0: as many as the server can take." },
  timeout: { label: "Closes after", hint: "Seconds; 0: never. Less than a minute means a day." },
  pin: { label: "PIN", hint: "Digits that participants enter; empty for none." },
  moderator_pin: { label: "PIN of moderators", hint: "Who enters it is a moderator." },
  locked: { hint: "Nobody else is let in." },
  lobby: { hint: "Participants wait, and hear music, until they are admitted one by one." },
  wait_for_moderator: { hint: "Participants hear music until a moderator joins." },
  end_when_moderator_leaves: { label: "Close when the last moderator leaves" },
  entry_tone: { label: "Tone when somebody joins" },
  exit_tone: { label: "Tone when somebody leaves" },
  music_when_alone: { label: "Music for a lone participant" },
  record_on_start: { label: "Record from the beginning" },
  announce: { label: "Announce who joins and leaves", choices: [["", "No"], ["count", "Their number"], ["names", "Their names"]] },
  prompts: { label: "Spoken prompts", choices: [["off", "None"], ["pin", "Only for the PIN"], ["all", "All"]] },
  language: { hint: "That is spoken: of prompts, announcements and captions, such as en-US; empty: the server's.", placeholder: "en-US" },
  noise_suppression: { label: "Remove noise", hint: "From what the others hear of each participant." },
  levelling: { label: "Level the participants", hint: "Slowly brings each voice to the same loudness." },
  relay_digits: { label: "Pass digits on", hint: "The digits that a participant presses are sent to the others." },
  dtmf_menu: { label: "Keys of a phone", hint: "One to four of 0–9 * # A–D, and what they do." },
  prompt_texts: { label: "Texts of prompts", hint: "The name of a prompt, and the text that is said in its place." },
  pre_flow_id: { label: "Flow before the room" },
  post_flow_id: { label: "Flow after the room" },
  pre_actions: { label: "Actions before the room" },
  post_actions: { label: "Actions after the room" },
  data: { label: "Your own data", hint: "Stored and returned unchanged." },
  id: { label: "Id", hint: "A UUID of your own; empty: the server chooses." },
};

interface RoomFormProps {
  room?: Room;
  close: () => void;
  done: (room: Room) => void;
}

export function RoomForm({ room, close, done }: RoomFormProps) {
  const finish = (answer: Room) => {
    done(answer);
    close();
  };
  if (!room) {
    return (
      <Dialog title="New room" wide close={close}>
        <SchemaForm schema="ConferenceBody" value={{ type: "conference" }} sections={SECTIONS} hints={HINTS} submit="Create room"
          cancel={close} done={finish}
          request={(value) => request("post", "/v1.0/conferences", { body: value as Schemas["ConferenceBody"] })} />
      </Dialog>
    );
  }
  return (
    <Dialog title={`Edit ${room.name || "room"}`} wide close={close}>
      <SchemaForm schema="ConferenceFields" value={room} sections={SECTIONS.map(withoutFixed)} hints={HINTS} submit="Save"
        cancel={close} done={finish}
        request={(value) => request("put", "/v1.0/conferences/{id}", { path: { id: room.id }, body: fieldsOf(value) })} />
    </Dialog>
  );
}

const FIXED = ["type", "id"];

function withoutFixed(section: Section): Section {
  return { ...section, fields: section.fields?.filter((name) => !FIXED.includes(name)) };
}

type Settings = Schemas["ConferenceFields"];

/** All that PUT replaces: what is missing here would be reset, so that the compiler asks for every setting. */
const FIELDS: Readonly<Record<keyof Settings, true>> = {
  name: true, detail: true, data: true, timeout: true, max_participants: true,
  pin: true, moderator_pin: true, locked: true, lobby: true, wait_for_moderator: true, end_when_moderator_leaves: true,
  entry_tone: true, exit_tone: true, music_when_alone: true, record_on_start: true, announce: true, prompts: true, prompt_texts: true, language: true,
  levelling: true, noise_suppression: true, relay_digits: true, dtmf_menu: true,
  pre_flow_id: true, post_flow_id: true, pre_actions: true, post_actions: true,
};

/** Return what PUT replaces, of a whole room. */
export function fieldsOf(room: Value): Settings {
  return Object.fromEntries(Object.keys(FIELDS).filter((name) => room[name] !== undefined).map((name) => [name, room[name]])) as Settings;
}

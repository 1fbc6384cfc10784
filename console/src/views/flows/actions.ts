// Actions of flows: their types and options, from the schemas of the API.
import type { FieldHints } from "../../ui/form/Editor";
import { labelOf, loadSchemas, resolve, type Schema, type Value } from "../../ui/form/schema";
import { NIL, withValue, type Choices } from "../../ui/form/choices";

export interface Action {
  id: string;
  next_id: string;
  type: string;
  option: Value;
}

export interface ActionType {
  readonly name: string;
  readonly about: string;
  readonly fields: Readonly<Record<string, Schema>>;
}

export type ActionTypes = ReadonlyMap<string, ActionType>;

const START = "00000000-0000-0000-0000-000000000001";
const FINISH = "00000000-0000-0000-0000-000000000002";

/** Return the types that the server executes, by name. */
export async function loadActionTypes(): Promise<ActionTypes> {
  const variants = (await loadSchemas()).Action?.oneOf ?? [];
  const types = variants.flatMap(({ title, description = "", properties }) =>
    title ? [[title, { name: title, about: description, fields: properties?.option?.properties ?? {} }] as const] : [],
  );
  return new Map(types);
}

/** Return an action whose id is its own, so that others can jump to it before the flow is saved. */
export function newAction(type: string): Action {
  return { id: newId(), next_id: NIL, type, option: {} };
}

/** Return a random UUID (RFC 9562 section 5.4); randomUUID() is missing on pages without TLS. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Return where a flow can jump to. */
export function targetsOf(actions: readonly Action[]): Choices {
  const steps = actions.map(({ id, type }, index) => [id, `${index + 1}: ${labelOf(type)}`] as const);
  return [[NIL, "The next action"], ...steps, [START, "The first action"], [FINISH, "The end of the flow"]];
}

/** Names of what an option can refer to. */
export interface References {
  readonly targets: Choices;
  readonly flows: Choices;
  readonly rooms: Choices;
}

const KINDS: Readonly<Record<string, keyof References>> = {
  target_id: "targets", default_target_id: "targets", false_target_id: "targets", target_ids: "targets",
  flow_id: "flows", on_end_flow_id: "flows", conference_id: "rooms", confbridge_id: "rooms",
};

/** Return the hints of an option's field: a field that refers to something becomes a choice. */
export function hintsOf(name: string, value: unknown, references: References): FieldHints {
  const kind = KINDS[name];
  const choices = kind && withValue(references[kind], value);
  return { variables: true, choices, whole: name === "text" };
}

/** Return the options of an action in words: those that are set, and differ from their defaults. */
export function describe(action: Action, types: ActionTypes, references: References): ReadonlyArray<readonly [name: string, text: string]> {
  const fields = types.get(action.type)?.fields ?? {};
  return Object.entries(action.option).flatMap(([name, value]) => {
    if (value === undefined || value === "" || JSON.stringify(fields[name]?.default) === JSON.stringify(value)) return [];
    return [[labelOf(name), textOf(value, references[KINDS[name] ?? "targets"])] as const];
  });
}

function textOf(value: unknown, choices: Choices): string {
  if (typeof value === "string") return choices.find(([each]) => each === value)?.[1] ?? value;
  if (Array.isArray(value)) return value.map((each) => textOf(each, choices)).join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value).filter(([, each]) => each !== "").map(([name, each]) => `${name} ${textOf(each, choices)}`).join(", ");
}

const RARE = new Set(["anonymous", "headers", "provider", "source", "voice_id"]);

/** Whether a field is left to "More options" while it is not set. */
export function isMinor(name: string, index: number, schema: Schema): boolean {
  return index >= 4 || RARE.has(name) || resolve(schema).type === "boolean";
}

// Where the server has found a fault in a flow: its message begins with the path, as in actions[2].option.duration: ...
import { RequestFailed } from "../../api/errors";

export interface Fault {
  /** The action's place in the list. */
  readonly index: number;
  /** id, type, next_id, or a field of the option; empty for the action as a whole. */
  readonly field: string;
  readonly message: string;
}

const PATH = /^actions\[(\d+)\](?:\.option)?(?:\.(\w+))?[^:]*: (.*)$/s;

export function faultOf(error: unknown): Fault | undefined {
  const found = error instanceof RequestFailed ? PATH.exec(error.message) : null;
  if (!found) return undefined;
  return { index: Number(found[1]), field: found[2] ?? "", message: found[3] ?? "" };
}

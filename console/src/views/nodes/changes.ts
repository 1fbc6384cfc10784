// What has happened to nodes between two readings of their list: no event of the API reports it.
import type { Schemas } from "../../api/request";

export type Node = Schemas["Node"];

export interface Change {
  readonly at: number;
  readonly text: string;
}

const BECAME: Record<Node["state"], string> = { serving: "serves again", draining: "drains", gone: "is gone" };

/** Return what has changed, in words. A node that is not listed any more went a day ago. */
export function changes(before: readonly Node[], now: readonly Node[], at: number): readonly Change[] {
  const known = new Map(before.map((each) => [each.id, each]));
  return now.flatMap((node) => {
    const was = known.get(node.id);
    const texts = [
      !was && node.state !== "gone" && `${node.address} has joined`,
      was && was.state !== node.state && `${node.address} ${BECAME[node.state]}`,
      was && !was.leader && node.leader && `${node.address} is the leader`,
    ];
    return texts.filter((text) => typeof text === "string").map((text) => ({ at, text }));
  });
}

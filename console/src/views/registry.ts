// All views. One folder for each; its entry here has the address, the place in the navigation, and the module to load.
//
// A view whose address has a parameter shows one thing of a list: it is not in the navigation.
import type { FunctionComponent } from "preact";
import type { Server } from "../api/server";
import type { IconName } from "../ui/Icon";

/** The parameters of the address: rooms/:id gives { id }. */
export type ViewProps = Record<string, string>;

type Group = "Now" | "Telephony" | "Archive" | "Operation";

export interface View {
  readonly path: string;
  readonly group: Group;
  readonly icon: IconName;
  /** In the navigation, and of the window. */
  readonly title: string;
  readonly load: () => Promise<FunctionComponent<ViewProps>>;
  /** Whether it is in the navigation at this server; always, if that does not depend on the server. */
  readonly at?: (server: Server) => boolean;
  /** Whether it is in the navigation of admins alone. */
  readonly admins?: boolean;
}

export const GROUPS: readonly Group[] = ["Now", "Telephony", "Archive", "Operation"];

export const VIEWS: readonly View[] = [
  { path: "rooms", group: "Now", icon: "rooms", title: "Rooms", load: async () => (await import("./rooms/Rooms")).Rooms },
  { path: "rooms/:id", group: "Now", icon: "rooms", title: "Room", load: async () => (await import("./room/Room")).Room },
  { path: "calls", group: "Now", icon: "calls", title: "Calls", load: async () => (await import("./calls/Calls")).Calls },
  { path: "flows", group: "Telephony", icon: "flows", title: "Flows", load: async () => (await import("./flows/Flows")).Flows },
  { path: "flows/:id", group: "Telephony", icon: "flows", title: "Flow", load: async () => (await import("./flows/FlowView")).FlowView },
  { path: "flows/runs/:id", group: "Telephony", icon: "flows", title: "Run", load: async () => (await import("./flows/RunView")).RunView },
  { path: "numbers", group: "Telephony", icon: "numbers", title: "Numbers", load: async () => (await import("./directory/Numbers")).Numbers },
  { path: "extensions", group: "Telephony", icon: "extensions", title: "Extensions", load: async () => (await import("./directory/Extensions")).Extensions },
  { path: "trunks", group: "Telephony", icon: "trunks", title: "Trunks", load: async () => (await import("./directory/Trunks")).Trunks },
  { path: "recordings", group: "Archive", icon: "recordings", title: "Recordings", load: async () => (await import("./recordings/Recordings")).Recordings },
  { path: "recordings/:id", group: "Archive", icon: "recordings", title: "Recording", load: async () => (await import("./recordings/RecordingView")).RecordingView },
  { path: "transcripts", group: "Archive", icon: "transcripts", title: "Transcripts", load: async () => (await import("./transcripts/Transcripts")).Transcripts },
  { path: "usage", group: "Operation", icon: "clock", title: "Usage", load: async () => (await import("./usage/Usage")).Usage, admins: true },
  { path: "privacy", group: "Operation", icon: "lock", title: "Privacy", load: async () => (await import("./privacy/Privacy")).Privacy, admins: true },
  { path: "nodes", group: "Operation", icon: "nodes", title: "Nodes", load: async () => (await import("./nodes/Nodes")).Nodes, at: ({ nodes }) => nodes },
  { path: "server", group: "Operation", icon: "server", title: "Server", load: async () => (await import("./server/Server")).Server },
];

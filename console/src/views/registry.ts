// All views. One folder for each; its entry here has the address, the place in the navigation, and the module to load.
//
// A view of a detail has no title in the navigation: it leaves `title` out and has a `name` for the window.
import type { FunctionComponent } from "preact";
import type { IconName } from "../ui/Icon";

/** The parameters of the address: rooms/:id gives { id }. */
export type ViewProps = Record<string, string>;

export type Group = "Now" | "Telephony" | "Archive" | "Operation";

export interface View {
  readonly path: string;
  readonly group: Group;
  readonly icon: IconName;
  readonly title?: string;
  readonly name?: string;
  readonly load: () => Promise<FunctionComponent<ViewProps>>;
}

export const GROUPS: readonly Group[] = ["Now", "Telephony", "Archive", "Operation"];

export const VIEWS: readonly View[] = [
  { path: "rooms", group: "Now", icon: "rooms", title: "Rooms", load: async () => (await import("./rooms/Rooms")).Rooms },
  { path: "rooms/:id", group: "Now", icon: "rooms", name: "Room", load: async () => (await import("./room/Room")).Room },
];

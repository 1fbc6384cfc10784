// What the server serves, and shows to this credential, read once: it changes with a restart only.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { request, send, type Schemas } from "./request";
import { credential } from "./session";

export type Server = Schemas["Server"];

const server = signal<Server | undefined>(undefined);
let readWith = "";

function read(): void {
  const asked = credential.value;
  if (readWith === asked) return;
  readWith = asked;
  server.value = undefined;
  if (!asked) return;
  void send(request("get", "/v1.0/server"))
    .then((found) => credential.value === asked && (server.value = found))
    .catch(() => (readWith = ""));
}

/** Return it; undefined until it is read, and if it cannot be. */
export function useServer(): Server | undefined {
  useEffect(read, [credential.value]);
  return server.value;
}

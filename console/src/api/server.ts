// What the server serves, read once: it changes with a restart only.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { request, send, type Schemas } from "./request";

export type Server = Schemas["Server"];

const server = signal<Server | undefined>(undefined);

/** Return it; undefined until it is read, and if it cannot be. */
export function useServer(): Server | undefined {
  useEffect(() => {
    if (!server.value) void send(request("get", "/v1.0/server")).then((found) => (server.value = found)).catch(() => undefined);
  }, []);
  return server.value;
}

// The console's client: the credential of this tab, the log of requests, and requests as commands.
import { Client, type ApiRequest, type RawBody } from "mixminus-client";
import { log } from "./requestlog";
import { credential, expire } from "./session";

export { request, type ApiRequest, type Method, type Schemas } from "mixminus-client";

/** The address of the server's root: the console is one folder below it. */
export const ROOT = new URL("../", document.baseURI);

export const client = new Client({ url: ROOT, token: () => credential.value, observe });

function observe(what: ApiRequest, status: number, milliseconds: number): void {
  log(what, status, milliseconds);
  if (status === 401 && credential.value) expire();
}

/** Send a request and return its answer; throws RequestFailed or ServerUnreachable. */
export function send<Answer>(what: ApiRequest<Answer>): Promise<Answer> {
  return client.send(what);
}

/** Send a request; return its answer with its entity tag, empty if it has none. */
export function sendTagged<Answer>(what: ApiRequest<Answer>): Promise<{ answer: Answer; tag: string }> {
  return client.sendTagged(what);
}

/** Send a request with any body, and return the response if it succeeded. */
export function fetchRaw(what: ApiRequest, raw?: RawBody): Promise<Response> {
  return client.fetch(what, raw);
}

/** What a shown command has in the place of a password. */
export const PASSWORD = "<password>";

/** A command is shown, copied and kept on the screen. */
function withoutPassword(name: string, value: unknown): unknown {
  return /password$/.test(name) && value ? PASSWORD : value;
}

/** Whether a request is one of somebody who is logged in: the login is not. */
export function needsKey(what: ApiRequest): boolean {
  return !what.path.startsWith("/auth/");
}

/** Return the command that sends the same request from a terminal. The credential is a variable, not the secret. */
export function curl(what: ApiRequest): string {
  const parts = ["curl"];
  const implied = what.body === undefined && !what.file ? "get" : "post";
  if (what.method !== implied) parts.push(`-X ${what.method.toUpperCase()}`);
  parts.push(`"${new URL(what.url, ROOT)}"`);
  if (needsKey(what)) parts.push(`\\\n  -H "Authorization: Bearer $MIXMINUS_KEY"`);
  for (const [name, value] of Object.entries(what.headers ?? {})) parts.push(`\\\n  -H '${name}: ${value}'`);
  if (what.body !== undefined) parts.push(`\\\n  --json '${JSON.stringify(what.body, withoutPassword, 2).replaceAll("'", "'\\''")}'`);
  if (what.file) parts.push(`\\\n  --data-binary "@${what.file}"`);
  return parts.join(" ");
}

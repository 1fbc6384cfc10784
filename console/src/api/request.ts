// Requests to the API, typed by the server's OpenAPI document: a request is a value, so that it can be shown before it is sent.
import type { components, paths } from "../generated/schema";
import { ServerUnreachable, failure } from "./errors";
import { log } from "./requestlog";
import { credential, expire } from "./session";

export type Schemas = components["schemas"];
export type Method = "get" | "post" | "put" | "patch" | "delete" | "options";

type Operation<P extends keyof paths, M extends Method> = paths[P][M];
type PathsWith<M extends Method> = { [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never }[keyof paths];
type BodyOf<O> = O extends { requestBody?: { content: { "application/json": infer B } } } ? B : never;
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type PathOf<O> = O extends { parameters: { path: infer P } } ? P : never;
type AnswerOf<O> = O extends { responses: { 200: { content: { "application/json": infer A } } } } ? A : undefined;

export interface ApiRequest<Answer = unknown> {
  readonly method: Method;
  /** Below the server's root, without its first slash: v1.0/conferences?page_size=2 */
  readonly url: string;
  readonly body?: unknown;
  /** A body that is not JSON, as its command reads it: the name of a file. */
  readonly file?: string;
  /** Beside those of the credential and of the body. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Never set: it carries the type of the answer. */
  readonly answer?: Answer;
}

interface Parts<O> {
  path?: PathOf<O>;
  query?: QueryOf<O>;
  body?: BodyOf<O>;
}

/** Return the request of an operation; `parts` are its path parameters, query and body. */
export function request<M extends Method, P extends PathsWith<M>>(
  method: M,
  path: P,
  parts: Parts<Operation<P, M>> = {},
): ApiRequest<AnswerOf<Operation<P, M>>> {
  const fields = (parts.path ?? {}) as Record<string, string>;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(fields[name] ?? ""));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries((parts.query ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  const url = filled.slice(1) + (query.size ? `?${query}` : "");
  return { method, url, body: parts.body };
}

/** The address of the server's root: the console is one folder below it. */
export const ROOT = new URL("../", document.baseURI);

/** Open a WebSocket of the API, with the credential. */
export function openSocket(path: string, query: Readonly<Record<string, string>> = {}): WebSocket {
  const url = new URL(path, ROOT);
  url.protocol = url.protocol.replace("http", "ws");
  url.search = new URLSearchParams({ token: credential.value, ...query }).toString();
  return new WebSocket(url);
}

/** Send a request and return its answer; throws RequestFailed or ServerUnreachable. */
export async function send<Answer>(what: ApiRequest<Answer>): Promise<Answer> {
  const response = await fetchRaw(what);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as Answer;
}

/** Send a request; return its answer with the entity tag of what it shows (RFC 9110 section 8.8.3), empty if it has none. */
export async function sendTagged<Answer>(what: ApiRequest<Answer>): Promise<{ answer: Answer; tag: string }> {
  const response = await fetchRaw(what);
  return { answer: (await response.json()) as Answer, tag: response.headers.get("ETag") ?? "" };
}

/** Send a request with any body, and return the response if it succeeded. */
export async function fetchRaw(what: ApiRequest, init: { headers?: Record<string, string>; body?: BodyInit } = {}) {
  const headers: Record<string, string> = { ...what.headers, ...init.headers };
  if (credential.value) headers.Authorization = `Bearer ${credential.value}`;
  if (what.body !== undefined && !init.body) headers["Content-Type"] = "application/json";
  const body = init.body ?? (what.body === undefined ? undefined : JSON.stringify(what.body));
  const started = performance.now();
  let response: Response;
  try {
    // No cookies: the credential of this tab alone decides who asks.
    response = await fetch(new URL(what.url, ROOT), { method: what.method.toUpperCase(), headers, body, credentials: "omit", cache: "no-store" });
  } catch {
    log(what, 0, performance.now() - started);
    throw new ServerUnreachable();
  }
  log(what, response.status, performance.now() - started);
  if (response.ok) return response;
  const failed = await failure(response);
  if (response.status === 401 && credential.value) expire();
  throw failed;
}

/** Return the command that sends the same request from a terminal. The credential is a variable, not the secret. */
export function curl(what: ApiRequest): string {
  const parts = ["curl"];
  const implied = what.body === undefined && !what.file ? "get" : "post";
  if (what.method !== implied) parts.push(`-X ${what.method.toUpperCase()}`);
  parts.push(`"${new URL(what.url, ROOT)}"`, `\\\n  -H "Authorization: Bearer $MIXMINUS_KEY"`);
  for (const [name, value] of Object.entries(what.headers ?? {})) parts.push(`\\\n  -H '${name}: ${value}'`);
  if (what.body !== undefined) parts.push(`\\\n  --json '${JSON.stringify(what.body, null, 2).replaceAll("'", "'\\''")}'`);
  if (what.file) parts.push(`\\\n  --data-binary "@${what.file}"`);
  return parts.join(" ");
}

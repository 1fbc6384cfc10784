// The API of mixminus for TypeScript.
export { Client, type Options, type Page, type PageRequest, type RawBody } from "./client.js";
export { type Event, type EventOptions } from "./events.js";
export { RETRIES, type Retries } from "./retries.js";
export { RequestFailed, ServerUnreachable } from "./errors.js";
export { request, type ApiRequest, type Parts } from "./request.js";
export type { AnswerOf, BodyOf, Method, Operation, PathOf, PathsWith, QueryOf, Schemas, SocketPath, components, paths } from "./types.js";

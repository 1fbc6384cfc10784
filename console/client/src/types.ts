// Types of operations by method and path, taken from the OpenAPI document.
import type { components, paths } from "./generated/schema.js";

export type { components, paths };
export type Schemas = components["schemas"];
export type Method = "get" | "post" | "put" | "patch" | "delete" | "options";
export type Operation<P extends keyof paths, M extends Method> = paths[P][M];
export type PathsWith<M extends Method> = { [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never }[keyof paths];
/** Paths that open a WebSocket. */
export type SocketPath = { [P in keyof paths]: paths[P]["get"] extends { responses: { 101: unknown } } ? P : never }[keyof paths];
export type BodyOf<O> = O extends { requestBody?: { content: { "application/json": infer B } } } ? B : never;
export type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
export type PathOf<O> = O extends { parameters: { path: infer P } } ? P : never;
export type AnswerOf<O> = O extends { responses: { 200: { content: { "application/json": infer A } } } } ? A : undefined;

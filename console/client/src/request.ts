// A request is a value, so that it can be shown before it is sent.
import { createFinalURL, createQuerySerializer, defaultPathSerializer } from "openapi-fetch";
import type { AnswerOf, BodyOf, Method, Operation, PathOf, PathsWith, QueryOf } from "./types.js";

/** Path parameters and query of a request. */
export interface Parameters {
  readonly path: Record<string, unknown>;
  readonly query: Record<string, unknown>;
}

export interface ApiRequest<Answer = unknown> {
  readonly method: Method;
  /** As the OpenAPI document has it: /v1.0/conferences/{id} */
  readonly path: string;
  readonly params: Parameters;
  /** Below the server's root, without its first slash: v1.0/conferences?page_size=2 */
  readonly url: string;
  readonly body?: unknown;
  /** The name of a file for a body that is not JSON, where the request is shown as a command. */
  readonly file?: string;
  /** Beside those of the credential and of the body. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Never set: it carries the type of the answer. */
  readonly answer?: Answer;
}

export interface Parts<O> {
  path?: PathOf<O>;
  query?: QueryOf<O>;
  body?: BodyOf<O>;
}

const querySerializer = createQuerySerializer();

/** Return the request of an operation; `parts` are its path parameters, query and body. An empty query parameter is left out. */
export function request<M extends Method, P extends PathsWith<M>>(
  method: M,
  path: P,
  parts: Parts<Operation<P, M>> = {},
): ApiRequest<AnswerOf<Operation<P, M>>> {
  const params = parametersOf(parts as Partial<Parameters>);
  return { method, path, params, url: urlOf(path, params), body: parts.body };
}

export function parametersOf(parts: Partial<Parameters>): Parameters {
  const given = Object.entries(parts.query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return { path: parts.path ?? {}, query: Object.fromEntries(given) };
}

/** Return the address below the server's root, without its first slash. */
export function urlOf(path: string, params: Parameters): string {
  return createFinalURL(path, { baseUrl: "", params, querySerializer, pathSerializer: defaultPathSerializer }).slice(1);
}

// Client: sends requests with a credential, by openapi-fetch, and throws what the server refuses.
import createClient, { type Client as HttpClient } from "openapi-fetch";
import { ServerUnreachable, failure } from "./errors.js";
import { follow, type Event, type EventOptions } from "./events.js";
import { parametersOf, urlOf, type ApiRequest, type Parts } from "./request.js";
import { RETRIES, isRepeatable, mayRepeat, pause, pauseMs, type Retries } from "./retries.js";
import type { Operation, SocketPath, paths } from "./types.js";

export interface Options {
  /** The server's root, such as http://127.0.0.1:8080 */
  url: string | URL;
  /** An access key or the token of a session; a function is asked before each request. */
  token?: string | (() => string);
  /** How often a request is sent, and after which pauses, where that is safe; { attempts: 1 } sends each once. */
  retries?: Partial<Retries>;
  /** Called when a request was answered or failed, each time that it was sent: its status, 0 without an answer, and how long it took. */
  observe?: (request: ApiRequest, status: number, milliseconds: number) => void;
  /** The default is the fetch of the browser or of Node.js. */
  fetch?: (input: Request) => Promise<Response>;
  /** The default is the WebSocket of the browser, or of Node.js from 22 on. */
  webSocket?: new (url: URL) => WebSocket;
}

/** A body that is sent as it is, and its headers. */
export interface RawBody {
  headers?: Record<string, string>;
  body?: BodyInit;
}

export interface Page<T> {
  result: T[];
  /** Names the next page. Absent from lists that have only one. */
  next_page_token?: string;
  /** Of lists of events: the id behind which the next page begins. */
  next_after?: number;
  /** Of lists that begin with the newest event: the id before which the next page begins. */
  next_before?: number | null;
}

/** Return the request of the page that a token names; an empty token names the first. */
export type PageRequest<T> = (token: string) => ApiRequest<Page<T>>;

interface Sent {
  data?: unknown;
  response: Response;
}

export class Client {
  /** openapi-fetch, with the credential, and with refusals as exceptions: client.http.GET("/v1.0/customer"). */
  readonly http: HttpClient<paths>;
  private readonly root: URL;
  private readonly token: () => string;
  private readonly observe: NonNullable<Options["observe"]>;
  private readonly retries: Retries;
  private readonly webSocket: Options["webSocket"];

  constructor({ url, token = "", observe = () => undefined, retries, fetch, webSocket }: Options) {
    this.root = new URL(String(url).replace(/\/?$/, "/"));
    this.token = typeof token === "string" ? () => token : token;
    this.observe = observe;
    this.retries = { ...RETRIES, ...retries };
    this.webSocket = webSocket;
    // No cookies: the credential alone decides who asks.
    this.http = createClient<paths>({ baseUrl: this.root.href, credentials: "omit", cache: "no-store", ...(fetch && { fetch }) });
    this.http.use({
      onRequest: ({ request }) => {
        const credential = this.token();
        if (credential) request.headers.set("Authorization", `Bearer ${credential}`);
      },
      onResponse: async ({ response }) => {
        if (!response.ok) throw await failure(response);
      },
      onError: ({ error }) => new ServerUnreachable(error),
    });
  }

  /** Send a request, again where that is safe, and return its answer; throws RequestFailed or ServerUnreachable. */
  async send<Answer>(what: ApiRequest<Answer>): Promise<Answer> {
    return (await this.exchange(what, {})).data as Answer;
  }

  /** Send a request once. */
  async once<Answer>(what: ApiRequest<Answer>): Promise<Answer> {
    return (await this.attempt(what, {})).data as Answer;
  }

  /** Send a request; return its answer with the entity tag of what it shows (RFC 9110 section 8.8.3), empty if it has none. */
  async sendTagged<Answer>(what: ApiRequest<Answer>): Promise<{ answer: Answer; tag: string }> {
    const { data, response } = await this.exchange(what, {});
    return { answer: data as Answer, tag: response.headers.get("ETag") ?? "" };
  }

  /** Send a request, with any body, and return the response, unread; throws as send does. */
  async fetch(what: ApiRequest, raw: RawBody = {}): Promise<Response> {
    return (await this.exchange(what, { parseAs: "stream", ...raw, ...(raw.body && { bodySerializer: (body: unknown) => body }) })).response;
  }

  /** Yield the rows of all pages of a list; each page is asked for when its first row is wanted. */
  async *list<T>(page: PageRequest<T>): AsyncGenerator<T, void, undefined> {
    let token = "";
    do {
      const { result, next_page_token, next_after, next_before } = await this.send(page(token));
      yield* result;
      token = result.length ? String(next_page_token ?? next_before ?? next_after ?? "") : "";
    } while (token);
  }

  /**
   * Yield events as they come, and open a lost connection again where it broke: none is left out. Leaving the loop, or `signal`, ends it.
   * Throws RequestFailed if the credential is refused, ServerUnreachable if the server stays away.
   */
  events(options: EventOptions = {}): AsyncGenerator<Event, void, undefined> {
    return follow(this, options);
  }

  /** Open a WebSocket of the API. The credential is in its address: browsers send no headers with it. */
  socket<P extends SocketPath>(path: P, parts: Omit<Parts<Operation<P, "get">>, "body"> = {}): WebSocket {
    const { path: fields, query } = parametersOf(parts as object);
    const url = new URL(urlOf(path, { path: fields, query: { token: this.token(), ...query } }), this.root);
    url.protocol = url.protocol.replace("http", "ws");
    return new (this.webSocket ?? WebSocket)(url);
  }

  /** Send a request, and again after a pause while that is safe. Each attempt has the same idempotency key. */
  private async exchange(what: ApiRequest, init: RawBody & { parseAs?: "stream" }): Promise<Sent> {
    const key = isRepeatable(what) ? { "Idempotency-Key": uuid() } : {};
    const headers = { ...key, ...what.headers, ...init.headers };
    // A stream can be read once.
    const attempts = init.body instanceof ReadableStream ? 1 : this.retries.attempts;
    for (let failed = 1; ; failed += 1) {
      try {
        return await this.attempt(what, { ...init, headers });
      } catch (error) {
        if (failed >= attempts || !mayRepeat(what, error)) throw error;
        await pause(pauseMs(this.retries, failed, error));
      }
    }
  }

  private async attempt(what: ApiRequest, init: object): Promise<Sent> {
    const started = performance.now();
    let status = 0;
    try {
      // The path and its parts were checked against each other when the request was made.
      const untyped = this.http.request as unknown as (method: string, path: string, init: object) => Promise<Sent>;
      const sent = await untyped(what.method, what.path, { params: what.params, body: what.body, headers: what.headers, ...init });
      status = sent.response.status;
      return sent;
    } catch (error) {
      status = (error as { status?: number }).status ?? 0;
      throw error;
    } finally {
      this.observe(what, status, performance.now() - started);
    }
  }
}

/** Return a random UUID; crypto.randomUUID is absent from pages that were loaded by HTTP from another host. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// Client: sends requests with a credential, by openapi-fetch, and throws what the server refuses.
import createClient, { type Client as HttpClient } from "openapi-fetch";
import { ServerUnreachable, failure } from "./errors.js";
import { parametersOf, urlOf, type ApiRequest, type Parts } from "./request.js";
import type { Operation, SocketPath, paths } from "./types.js";

export interface Options {
  /** The server's root, such as http://127.0.0.1:8080 */
  url: string | URL;
  /** An access key or the token of a session; a function is asked before each request. */
  token?: string | (() => string);
  /** Called when a request was answered or failed: its status, 0 without an answer, and how long it took. */
  observe?: (request: ApiRequest, status: number, milliseconds: number) => void;
  /** The default is the fetch of the browser or of Node.js. */
  fetch?: (input: Request) => Promise<Response>;
}

/** A body that is sent as it is, and its headers. */
export interface RawBody {
  headers?: Record<string, string>;
  body?: BodyInit;
}

export interface Page<T> {
  result: T[];
  /** Absent from lists that have only one page. */
  next_page_token?: string;
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

  constructor({ url, token = "", observe = () => undefined, fetch }: Options) {
    this.root = new URL(String(url).replace(/\/?$/, "/"));
    this.token = typeof token === "string" ? () => token : token;
    this.observe = observe;
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

  /** Send a request and return its answer; throws RequestFailed or ServerUnreachable. */
  async send<Answer>(what: ApiRequest<Answer>): Promise<Answer> {
    return (await this.exchange(what, {})).data as Answer;
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

  /** Yield the rows of all pages of a list. */
  async *list<T>(page: PageRequest<T>): AsyncGenerator<T, void, undefined> {
    let token = "";
    do {
      const { result, next_page_token } = await this.send(page(token));
      yield* result;
      token = next_page_token ?? "";
    } while (token);
  }

  /** Open a WebSocket of the API. The credential is in its address: browsers send no headers with it. */
  socket<P extends SocketPath>(path: P, parts: Omit<Parts<Operation<P, "get">>, "body"> = {}): WebSocket {
    const { path: fields, query } = parametersOf(parts as object);
    const url = new URL(urlOf(path, { path: fields, query: { token: this.token(), ...query } }), this.root);
    url.protocol = url.protocol.replace("http", "ws");
    return new WebSocket(url);
  }

  private async exchange(what: ApiRequest, init: object): Promise<Sent> {
    const started = performance.now();
    let status = 0;
    const headers = { ...what.headers, ...("headers" in init ? (init.headers as object) : {}) };
    try {
      // The path and its parts were checked against each other when the request was made.
      const untyped = this.http.request as unknown as (method: string, path: string, init: object) => Promise<Sent>;
      const sent = await untyped(what.method, what.path, { params: what.params, body: what.body, ...init, headers });
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

// What a request throws.

/** The server refused a request (api.md section 14). */
export class RequestFailed extends Error {
  constructor(
    readonly status: number,
    /** The code for programs; empty if a proxy answered. */
    readonly reason: string,
    message: string,
    /** The same as in the server's log. */
    readonly requestId: string,
    /** After how many seconds the server wants the request again; 0 if it does not say. */
    readonly retryAfterS = 0,
  ) {
    super(message);
  }
}

/** There was no answer. */
export class ServerUnreachable extends Error {
  constructor(cause?: unknown) {
    super("The server does not answer. Check that it runs, and your network, then try again.", { cause });
  }
}

/** Read the envelope of an error. */
export async function failure(response: Response): Promise<RequestFailed> {
  const { error = {} } = (await response.json().catch(() => ({}))) as { error?: Record<string, string> };
  const message = error.message || `The server answered ${response.status}.`;
  const seconds = Number(response.headers.get("Retry-After"));
  return new RequestFailed(response.status, error.reason ?? "", message, error.request_id ?? "", seconds > 0 ? seconds : 0);
}

// What can go wrong with a request, as sentences with a next step.

export class RequestFailed extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly requestId: string,
  ) {
    super(message);
  }
}

export class ServerUnreachable extends Error {
  constructor() {
    super("The server does not answer. Check that it runs, and your network, then try again.");
  }
}

/** Read the envelope of an error. */
export async function failure(response: Response): Promise<RequestFailed> {
  const { error = {} } = (await response.json().catch(() => ({}))) as { error?: Record<string, string> };
  const message = error.message || `The server answered ${response.status}.`;
  return new RequestFailed(response.status, error.reason ?? "", message, error.request_id ?? "");
}

/** Return a sentence for people: what happened, and what to do. */
export function explain(error: unknown): string {
  if (error instanceof RequestFailed) {
    if (error.status === 403) return `You may not do this: ${error.message}`;
    if (error.status === 429) return "Too many requests at the moment. Wait a few seconds, then try again.";
    return sentence(error.message);
  }
  if (error instanceof Error) return error.message;
  return String(error);
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

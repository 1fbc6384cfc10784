// Retries: when a request is sent again, and after which pause; the rules of mixminus.client for Python.
import { RequestFailed } from "./errors.js";
import type { ApiRequest } from "./request.js";

/** Up to `attempts` attempts, with pauses that double from `firstMs` to `longestMs`, each shortened by a random part of up to a half. */
export interface Retries {
  attempts: number;
  firstMs: number;
  /** Also the longest Retry-After that is waited for. */
  longestMs: number;
}

export const RETRIES: Retries = { attempts: 4, firstMs: 250, longestMs: 8000 };

// The server has done nothing: any request may be sent again.
const REFUSED: readonly number[] = [429, 503];
// The server may have done something: only a safe request is sent again.
const FAILED: readonly number[] = [500, 502, 504];
// Codes of Node.js for a connection that was not made; browsers do not tell.
const UNSENT: readonly unknown[] = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"];

/** Return whether a request takes an Idempotency-Key, so that a repetition has no second effect: every POST of the API itself. */
export function isRepeatable({ method, path }: ApiRequest): boolean {
  return method === "post" && path.startsWith("/v1.0/");
}

/** Return whether a failed request may be sent again. */
export function mayRepeat(what: ApiRequest, error: unknown): boolean {
  const safe = isRepeatable(what) || ["get", "put", "delete"].includes(what.method);
  if (error instanceof RequestFailed) return REFUSED.includes(error.status) || (safe && FAILED.includes(error.status));
  return safe || isUnsent(error);
}

/** Return the pause in milliseconds after so many failed attempts, at least as long as the server asks for (RFC 9110 section 10.2.3). */
export function pauseMs({ firstMs, longestMs }: Retries, failed: number, error?: unknown): number {
  const asked = error instanceof RequestFailed ? Math.min(longestMs, 1000 * error.retryAfterS) : 0;
  return Math.max(asked, Math.min(longestMs, firstMs * 2 ** (failed - 1)) * (0.5 + 0.5 * Math.random()));
}

/** Wait; a signal ends it early. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}

function isUnsent(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && UNSENT.includes(cause.code)) return true;
  }
  return false;
}

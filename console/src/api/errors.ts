// What can go wrong with a request, as sentences with a next step.
import { RequestFailed } from "mixminus-client";

export { RequestFailed };

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

// The credential of this tab: a session token or an access key, kept until the tab is closed or the user logs out.
import { signal } from "@preact/signals";

const STORED = "mixminus.credential";

export const credential = signal(sessionStorage.getItem(STORED) ?? "");
/** Why the last session ended; empty if the user logged out. */
export const notice = signal("");

export function begin(token: string): void {
  sessionStorage.setItem(STORED, token);
  notice.value = "";
  credential.value = token;
}

export function end(): void {
  sessionStorage.removeItem(STORED);
  credential.value = "";
}

/** End the session because the server refuses its credential. */
export function expire(): void {
  end();
  notice.value = "Your session has ended: the key was revoked, or the session expired. Log in again.";
}

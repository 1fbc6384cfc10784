// The last requests of this tab, and whether the console shows requests.
import { effect, signal } from "@preact/signals";
import type { ApiRequest } from "./request";

export interface LoggedRequest {
  readonly number: number;
  readonly request: ApiRequest;
  /** 0 if the server did not answer. */
  readonly status: number;
  readonly milliseconds: number;
}

const STORED = "mixminus.requests";
const KEPT = 50;
let count = 0;

/** Whether buttons show their requests, and the panel of requests is open. */
export const showsRequests = signal(localStorage.getItem(STORED) === "yes");
effect(() => localStorage.setItem(STORED, showsRequests.value ? "yes" : "no"));

export const requests = signal<readonly LoggedRequest[]>([]);

export function log(request: ApiRequest, status: number, milliseconds: number): void {
  count += 1;
  requests.value = [{ number: count, request, status, milliseconds }, ...requests.value].slice(0, KEPT);
}

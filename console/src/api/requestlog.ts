// The last requests of this tab, for the panel that shows them.
import { signal } from "@preact/signals";
import type { ApiRequest } from "./request";

export interface LoggedRequest {
  readonly number: number;
  readonly request: ApiRequest;
  /** 0 if the server did not answer. */
  readonly status: number;
  readonly milliseconds: number;
}

const KEPT = 50;
let count = 0;

export const requests = signal<readonly LoggedRequest[]>([]);

export function log(request: ApiRequest, status: number, milliseconds: number): void {
  count += 1;
  requests.value = [{ number: count, request, status, milliseconds }, ...requests.value].slice(0, KEPT);
}

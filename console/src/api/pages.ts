// Lists of the API come in pages: this reads them one after another.
import type { PageRequest } from "mixminus-client";
import { send } from "./request";

export type { PageRequest };

/** Read at most `most` pages; `truncated` says whether the server has more. */
export async function readPages<T>(page: PageRequest<T>, most: number): Promise<{ rows: T[]; truncated: boolean }> {
  const rows: T[] = [];
  let token = "";
  for (let read = 0; read < most; read += 1) {
    const { result, next_page_token } = await send(page(token));
    rows.push(...result);
    token = next_page_token ?? "";
    if (!token) break;
  }
  return { rows, truncated: token !== "" };
}

// Lists of the API come in pages: this reads them one after another.
import { send, type ApiRequest } from "./request";

interface Page<T> {
  result: T[];
  /** Absent from lists that have only one page. */
  next_page_token?: string;
}

/** Return the request of the page that a token names; an empty token names the first. */
export type PageRequest<T> = (token: string) => ApiRequest<Page<T>>;

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

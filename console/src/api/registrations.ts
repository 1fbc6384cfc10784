// The phones that are registered now. No event reports them: they are read again at intervals.
import { useEffect, useState } from "preact/hooks";
import { readPages } from "./pages";
import { request, type Schemas } from "./request";

export type Registration = Schemas["Registration"];

const MAX_PAGES = 20;
const PAUSE_MS = 4000;

interface Registered {
  /** Undefined until they are read. */
  readonly rows?: readonly Registration[];
  readonly error?: unknown;
}

/** `all`: of all customers, for operators of the server. */
export const listing = (all: boolean, page_token = "") => request("get", "/v1.0/registrations", { query: { ...(all && { all }), ...(page_token && { page_token }) } });

export function useRegistrations(all = false): Registered {
  const [found, setFound] = useState<Registered>({});
  useEffect(() => {
    let timer = 0;
    let open = true;
    const read = async () => {
      if (!document.hidden) {
        await readPages((token) => listing(all, token), MAX_PAGES)
          .then(({ rows }) => open && setFound({ rows }))
          .catch((error: unknown) => open && setFound((before) => ({ ...before, error })));
      }
      if (open) timer = window.setTimeout(() => void read(), PAUSE_MS);
    };
    void read();
    return () => {
      open = false;
      clearTimeout(timer);
    };
  }, [all]);
  return found;
}

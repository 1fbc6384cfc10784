// Fields that refer to a flow or a room: what can be chosen, by name.
import { useEffect, useState } from "preact/hooks";
import { readPages, type PageRequest } from "../../api/pages";
import { request } from "../../api/request";
import { short } from "../format";
import { toastError } from "../toast";

export type Choices = ReadonlyArray<readonly [value: string, label: string]>;

export const NIL = "00000000-0000-0000-0000-000000000000";

const MAX_PAGES = 5;
const NONE = [NIL, "None"] as const;

type Named = { id: string; name: string };

function useChoices<T extends Named>(page: PageRequest<T>): Choices {
  const [choices, setChoices] = useState<Choices>([NONE]);
  useEffect(() => {
    readPages(page, MAX_PAGES)
      .then(({ rows }) => setChoices([NONE, ...rows.map(({ id, name }) => [id, name || short(id)] as const)]))
      .catch(toastError);
  }, []);
  return choices;
}

/** Return the flows that can be chosen; only "None" until they are read. */
export const useFlows = () => useChoices((page_token) => request("get", "/v1.0/flows", { query: { page_token } }));

/** Return the rooms that can be chosen; only "None" until they are read. */
export const useRooms = () => useChoices((page_token) => request("get", "/v1.0/conferences", { query: { page_token } }));

/** Return the choices with the present value among them: it may have been deleted, or be on a later page. */
export function withValue(choices: Choices, value: unknown): Choices {
  if (typeof value !== "string" || value === "" || choices.some(([each]) => each === value)) return choices;
  return [...choices, [value, short(value)]];
}

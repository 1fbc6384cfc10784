// What the options of actions refer to: flows and rooms, by name.
import { useEffect, useState } from "preact/hooks";
import { readPages, type PageRequest } from "../../api/pages";
import { request } from "../../api/request";
import { short } from "../../ui/format";
import { toastError } from "../../ui/toast";
import { NIL, type Choices } from "./actions";

const MAX_PAGES = 5;
const NONE = [NIL, "None"] as const;

async function choicesOf<T extends { id: string; name: string }>(page: PageRequest<T>): Promise<Choices> {
  const { rows } = await readPages(page, MAX_PAGES);
  return [NONE, ...rows.map(({ id, name }) => [id, name || short(id)] as const)];
}

/** Return the flows and rooms that can be chosen; only "None" until they are read. */
export function useReferences(): { flows: Choices; rooms: Choices } {
  const [flows, setFlows] = useState<Choices>([NONE]);
  const [rooms, setRooms] = useState<Choices>([NONE]);
  useEffect(() => {
    choicesOf((page_token) => request("get", "/v1.0/flows", { query: { page_token } })).then(setFlows).catch(toastError);
    choicesOf((page_token) => request("get", "/v1.0/conferences", { query: { page_token } })).then(setRooms).catch(toastError);
  }, []);
  return { flows, rooms };
}

// Numbers that can be dialled, and the flow that each runs.
import { Collection } from "../../api/collection";
import { request, type Schemas } from "../../api/request";
import type { Column } from "../../ui/Listing";
import { isSet, short, when } from "../../ui/format";
import { Resources } from "./Resources";

type PhoneNumber = Schemas["Number"];

const numbers = new Collection<PhoneNumber>("number", (page_token) => request("get", "/v1.0/numbers", { query: { page_token } }));

const COLUMNS: readonly Column<PhoneNumber>[] = [
  { title: "Number", cell: (row) => <strong>{row.number}</strong> },
  { title: "Name", cell: (row) => row.name },
  { title: "Flow", cell: (row) => (isSet(row.call_flow_id) ? <code>{short(row.call_flow_id)}</code> : <span class="badge warn">none: calls are refused</span>) },
  { title: "Created", cell: (row) => when(row.tm_create), number: true },
];

export function Numbers() {
  return (
    <Resources title="Numbers" one="number" icon="numbers" about="What can be dialled, and the flow that answers" collection={numbers} columns={COLUMNS}
      none="A number runs a flow when it is dialled, from a trunk or from a phone of yours." text={(row) => `${row.number} ${row.name}`}
      schema="NumberBody" hints={{ number: { placeholder: "+15550100", hint: "E.164, or a few digits." }, call_flow_id: { label: "Flow of its calls", hint: "The id of a flow." } }}
      create={(body) => request("post", "/v1.0/numbers", { body: body as Schemas["NumberBody"] })} remove={({ id }) => request("delete", "/v1.0/numbers/{id}", { path: { id } })}
      consequence="Calls to it are refused from now on." />
  );
}

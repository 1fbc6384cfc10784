// Numbers that can be dialled, and the flow that each runs.
import { Collection } from "../../api/collection";
import { request, type Schemas } from "../../api/request";
import type { Column } from "../../ui/Listing";
import { useFlows, type Choices } from "../../ui/form/choices";
import { isSet, short, when } from "../../ui/format";
import { Resources } from "./Resources";

type PhoneNumber = Schemas["Number"];

const numbers = new Collection<PhoneNumber>("number", (page_token) => request("get", "/v1.0/numbers", { query: { page_token } }));

function columnsOf(flows: Choices): readonly Column<PhoneNumber>[] {
  const name = (id: string) => flows.find(([each]) => each === id)?.[1] ?? short(id);
  return [
    { title: "Number", cell: (row) => <strong>{row.number}</strong> },
    { title: "Name", cell: (row) => row.name },
    {
      title: "Flow",
      cell: ({ call_flow_id: id }) => (isSet(id) ? <a href={`#/flows/${id}`}>{name(id)}</a> : <span class="badge warn">none: calls are refused</span>),
    },
    { title: "Created", cell: (row) => when(row.tm_create), number: true },
  ];
}

export function Numbers() {
  const flows = useFlows();
  return (
    <Resources title="Numbers" one="number" icon="numbers" about="What can be dialled, and the flow that answers" collection={numbers} columns={columnsOf(flows)}
      none="A number runs a flow when it is dialled, from a trunk or from a phone of yours." text={(row) => `${row.number} ${row.name}`}
      sections={[{ fields: ["number", "name", "detail", "call_flow_id"] }, { title: "More", folded: true }]}
      hints={{
        number: { placeholder: "+15550100", hint: "E.164, or a few digits." },
        detail: { label: "Description" },
        call_flow_id: { label: "Flow of its calls", choices: flows },
        message_flow_id: { label: "Flow of its messages", choices: flows },
      }}
      create={{ schema: "NumberBody", request: (body) => request("post", "/v1.0/numbers", { body: body as Schemas["NumberBody"] }) }}
      edit={{ schema: "NumberProfileBody", request: ({ id }, body) => request("put", "/v1.0/numbers/{id}", { path: { id }, body: body as Schemas["NumberProfileBody"] }) }}
      read={({ id }) => request("get", "/v1.0/numbers/{id}", { path: { id } })} remove={({ id }) => request("delete", "/v1.0/numbers/{id}", { path: { id } })}
      consequence="Calls to it are refused from now on." />
  );
}

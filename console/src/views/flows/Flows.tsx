// Flows: what calls run.
import { Collection } from "../../api/collection";
import { request, type Schemas } from "../../api/request";
import { Icon } from "../../ui/Icon";
import { Listing, type Column } from "../../ui/Listing";
import { labelOf } from "../../ui/form/schema";
import { when } from "../../ui/format";
import "./flows.css";

type Flow = Schemas["Flow"];

const SHOWN = 5;
const flows = new Collection<Flow>("flow", (page_token) => request("get", "/v1.0/flows", { query: { page_token } }));

function Steps({ flow }: { flow: Flow }) {
  const names = flow.actions.map(({ type }) => labelOf(String(type)));
  return (
    <span class="steps">
      {names.slice(0, SHOWN).map((name, index) => <span key={index} class="badge">{name}</span>)}
      {names.length > SHOWN && <span class="muted small">and {names.length - SHOWN} more</span>}
      {names.length === 0 && <span class="muted">none</span>}
    </span>
  );
}

const COLUMNS: readonly Column<Flow>[] = [
  { title: "Flow", cell: (flow) => <><a class="title" href={`#/flows/${flow.id}`}>{flow.name || "without a name"}</a>{flow.detail && <div class="muted small">{flow.detail}</div>}</> },
  { title: "Actions", cell: (flow) => <Steps flow={flow} /> },
  { title: "Dialled by", cell: (flow) => <code>{flow.direct_hash}</code> },
  { title: "Created", cell: (flow) => when(flow.tm_create), number: true },
];

export function Flows() {
  return (
    <Listing title="Flows" icon="flows" about="Actions that calls run: answer, speak, ask for digits, join a room" collection={flows} columns={COLUMNS}
      text={(flow) => `${flow.name} ${flow.detail} ${flow.id} ${flow.direct_hash}`} none="A number leads to a flow, and the flow says what happens to the call.">
      <a class="button primary" href="#/flows/new"><Icon name="plus" />New flow</a>
    </Listing>
  );
}

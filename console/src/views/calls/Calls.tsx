// Calls, live: who calls whom, in which state, and why a call ended.
import { useState } from "preact/hooks";
import { Collection } from "../../api/collection";
import { request, type Schemas } from "../../api/request";
import { Act } from "../../ui/Act";
import { Listing, type Column } from "../../ui/Listing";
import { duration, moment, when } from "../../ui/format";
import { now } from "../../ui/now";
import { CallAudio } from "./CallAudio";

type Call = Schemas["Call"];
type Address = Schemas["Address"];

const KINDS: Record<Call["status"], string> = {
  dialing: "warn", ringing: "warn", progressing: "good", terminating: "", canceling: "", hangup: "",
};

const calls = new Collection<Call>("call", (page_token) => request("get", "/v1.0/calls", { query: { page_token } }));

function name(address: Address): string {
  return address.name || address.target_name || address.target || "unknown";
}

function length(call: Call): string {
  const begun = moment(call.tm_progressing);
  if (begun === undefined) return "–";
  return duration((moment(call.tm_hangup) ?? now.value) - begun);
}

const columnsOf = (open: (id: string) => void): readonly Column<Call>[] => [
  { title: "From", cell: (call) => <span title={call.source.target}>{name(call.source)}</span> },
  { title: "To", cell: (call) => <span title={call.destination.target}>{name(call.destination)}</span> },
  { title: "Direction", cell: (call) => <span class="muted">{call.direction}</span> },
  {
    title: "State",
    cell: (call) => (
      <span class={`badge ${call.hangup_reason === "failed" ? "bad" : KINDS[call.status]}`}>
        {call.status === "hangup" ? `ended: ${call.hangup_reason}` : call.status}
        {call.answered_by && ` (${call.answered_by})`}
      </span>
    ),
  },
  { title: "Started", cell: (call) => when(call.tm_create), number: true },
  { title: "Length", cell: length, number: true },
  {
    title: "",
    cell: (call) => call.status !== "hangup" && (
      <div class="actions">
        {call.status === "progressing" && <button class="small" type="button" aria-label={`Audio of the call of ${name(call.source)}`} onClick={() => open(call.id)}>Audio</button>}
        <Act request={request("post", "/v1.0/calls/{id}/hangup", { path: { id: call.id } })} kind="ghost icon danger" icon="hangup"
          label="Hang up" confirm="The call ends at once, and leaves its room." done={(answer) => calls.put(answer)} />
      </div>
    ),
  },
];

export function Calls() {
  const [chosen, choose] = useState("");
  const call = calls.rows.value.find(({ id }) => id === chosen);
  const up = calls.rows.value.filter((call) => call.status === "progressing").length;
  return (
    <>
      <Listing title="Calls" icon="calls" collection={calls} columns={columnsOf(choose)} about={`${up} in progress; the newest first`}
        text={(call) => `${call.source.name} ${call.source.target} ${call.destination.target} ${call.status} ${call.hangup_reason} ${call.id}`}
        none="A call appears here as soon as a phone rings or a browser joins." />
      {call && <CallAudio call={call} name={name(call.source)} close={() => choose("")} />}
    </>
  );
}

// The last runs of a flow, as they change.
import { useEffect, useState } from "preact/hooks";
import { listen } from "../../api/live";
import { request, send, type Schemas } from "../../api/request";
import { Table, type Column } from "../../ui/Listing";
import { labelOf } from "../../ui/form/schema";
import { when } from "../../ui/format";
import { toastError } from "../../ui/toast";

type Run = Schemas["Activeflow"];

const READ = 100;

const COLUMNS: readonly Column<Run>[] = [
  { title: "Started", cell: (run) => <a class="title" href={`#/flows/runs/${run.id}`}>{when(run.tm_create)}</a> },
  { title: "By", cell: ({ reference_type }) => (reference_type === "call" ? "a call" : "the API") },
  { title: "State", cell: ({ status }) => <span class={`badge ${status === "running" ? "good" : ""}`}>{status}</span> },
  { title: "Action", cell: ({ current_action }) => labelOf(String(current_action.type || "–")) },
];

/** Return the runs of a flow that are among the newest of all, newest first. */
function useRuns(flowId: string): readonly Run[] {
  const [runs, setRuns] = useState<readonly Run[]>([]);
  useEffect(() => {
    const put = (run: Run) => setRuns((before) => (before.some(({ id }) => id === run.id) ? before.map((each) => (each.id === run.id ? run : each)) : [run, ...before]));
    send(request("get", "/v1.0/activeflows", { query: { page_size: READ } }))
      .then(({ result }) => setRuns(result.filter((run) => run.flow_id === flowId)))
      .catch(toastError);
    return listen(({ type, data }) => {
      const run = data as unknown as Run;
      if (type.startsWith("activeflow_") && run.flow_id === flowId) put(run);
    });
  }, [flowId]);
  return runs;
}

export function Runs({ flowId }: { flowId: string }) {
  const runs = useRuns(flowId);
  return (
    <section aria-label="Runs">
      <h2 class="section-title">Runs</h2>
      {runs.length === 0 ? <p class="muted">No run of this flow is among the last {READ} of all.</p> : <Table columns={COLUMNS} rows={runs} />}
    </section>
  );
}

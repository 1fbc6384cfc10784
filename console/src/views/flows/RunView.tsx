// One run of a flow, step by step, as it goes on.
import { useEffect, useState } from "preact/hooks";
import { listen } from "../../api/live";
import { request, send, type Schemas } from "../../api/request";
import { Act } from "../../ui/Act";
import { useFlows, useRooms } from "../../ui/form/choices";
import { labelOf } from "../../ui/form/schema";
import { duration, isSet, moment, short } from "../../ui/format";
import { ErrorNote, Loading } from "../../ui/notes";
import { toastError } from "../../ui/toast";
import { now } from "../../ui/now";
import { describe, loadActionTypes, targetsOf, type Action, type ActionTypes } from "./actions";
import type { ViewProps } from "../registry";
import "./flows.css";

type Run = Schemas["Activeflow"];

interface Step extends Action {
  readonly tm_execute?: string;
}

/** Return the steps of a run: those that it has finished, then the one that it is at. */
function stepsOf(run: Run): readonly Step[] {
  const current = run.current_action as unknown as Step;
  return [...(run.executed_actions as unknown as Step[]), ...(current.type ? [current] : [])];
}

export function RunView({ id = "" }: ViewProps) {
  const [run, setRun] = useState<Run>();
  const [types, setTypes] = useState<ActionTypes>();
  const [error, setError] = useState<unknown>();
  const load = () => void send(request("get", "/v1.0/activeflows/{id}", { path: { id } })).then(setRun).catch(setError);
  useEffect(() => {
    loadActionTypes().then(setTypes).catch(setError);
    return listen(({ type, data }) => type.startsWith("activeflow_") && data.id === id && setRun(data as unknown as Run), load);
  }, [id]);
  useEffect(load, [id]);
  if (error !== undefined) return <ErrorNote error={error} />;
  if (!run || !types) return <Loading />;
  const running = run.status === "running";
  return (
    <>
      <div class="view-head">
        <div class="grow">
          <p><a href="#/flows">Flows</a>{isSet(run.flow_id) && <> / <a href={`#/flows/${run.flow_id}`}>its flow</a></>}</p>
          <h1>Run <span class="mono">{short(run.id)}</span></h1>
        </div>
        <div class="actions">
          <span class={`badge ${running ? "good" : ""}`} role="status">{run.status}</span>
          {running && <Act request={request("post", "/v1.0/activeflows/{id}/stop", { path: { id } })} kind="danger" icon="stop" label="Stop this run"
            confirm="Its call, if it has one, is hung up." done={setRun}>Stop</Act>}
        </div>
      </div>
      <p class="muted">Started by {run.reference_type === "call" ? <>call <code>{short(run.reference_id)}</code></> : "the API, without a call"}. The last hundred steps are kept.</p>
      <Steps run={run} types={types} />
    </>
  );
}

/** Return the actions of a flow as they are now; none until they are read, or if the run has no flow. */
function useActions(id: string): readonly Action[] {
  const [actions, setActions] = useState<readonly Action[]>([]);
  useEffect(() => {
    if (isSet(id)) send(request("get", "/v1.0/flows/{id}", { path: { id } })).then((flow) => setActions(flow.actions as unknown as Action[])).catch(toastError);
  }, [id]);
  return actions;
}

function Steps({ run, types }: { run: Run; types: ActionTypes }) {
  const references = { flows: useFlows(), rooms: useRooms(), targets: targetsOf(useActions(run.flow_id)) };
  const steps = stepsOf(run);
  const running = run.status === "running";
  const end = (index: number) => moment(steps[index + 1]?.tm_execute) ?? (running ? now.value : moment(run.tm_update));
  if (steps.length === 0) return <p class="page-note">No action has run yet.</p>;
  return (
    <ol class="timeline" aria-label="Steps">
      {steps.map((step, index) => {
        const at = moment(step.tm_execute);
        const isCurrent = running && index === steps.length - 1;
        return (
          <li key={index} aria-current={isCurrent ? "step" : undefined}>
            <div class="row"><strong>{labelOf(step.type)}</strong>{isCurrent && <span class="badge good">now</span>}
              {at !== undefined && <span class="muted small tabular">{new Date(at).toLocaleTimeString()} for {duration((end(index) ?? at) - at)}</span>}</div>
            <dl class="facts small">{describe(step, types, references).map(([name, text]) => <><dt>{name}</dt><dd>{text}</dd></>)}</dl>
          </li>
        );
      })}
    </ol>
  );
}

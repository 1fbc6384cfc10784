// A flow: its actions as cards, with forms, and its runs.
import { useEffect, useState } from "preact/hooks";
import { RequestFailed } from "../../api/errors";
import { request, send, sendTagged, type ApiRequest, type Schemas } from "../../api/request";
import { go } from "../../app/router";
import { Act, ShowRequest } from "../../ui/Act";
import { ErrorNote, Loading } from "../../ui/notes";
import { NIL, useFlows, useRooms, withValue } from "../../ui/form/choices";
import { toast } from "../../ui/toast";
import { Actions } from "./Actions";
import { loadActionTypes, type Action, type ActionTypes } from "./actions";
import type { ViewProps } from "../registry";
import { faultOf } from "./faults";
import { Runs } from "./Runs";
import "./flows.css";

type Flow = Schemas["Flow"];

interface Draft {
  name: string;
  detail: string;
  on_complete_flow_id: string;
  actions: readonly Action[];
}

const EMPTY: Draft = { name: "", detail: "", on_complete_flow_id: NIL, actions: [] };
const CHANGED_MEANWHILE = 412;

interface Opened {
  readonly flow?: Flow;
  /** The entity tag of the flow that was read: saving is refused if it has changed since. */
  readonly tag: string;
  readonly types: ActionTypes;
}

export function FlowView({ id = "" }: ViewProps) {
  const [opened, setOpened] = useState<Opened>();
  const [error, setError] = useState<unknown>();
  const load = () => {
    setOpened(undefined);
    setError(undefined);
    const flow = id === "new" ? Promise.resolve(undefined) : sendTagged(request("get", "/v1.0/flows/{id}", { path: { id } }));
    Promise.all([flow, loadActionTypes()])
      .then(([read, types]) => setOpened({ flow: read?.answer, tag: read?.tag ?? "", types }))
      .catch(setError);
  };
  useEffect(load, [id]);
  if (error !== undefined) return <ErrorNote error={error} retry={load} />;
  return opened ? <FlowEditor key={opened.tag} opened={opened} reload={load} /> : <Loading />;
}

/** Return the request that saves a draft: PUT with the tag of what was read, or POST. */
function saving(draft: Draft, { flow, tag }: Opened, overwrite: boolean): ApiRequest<Flow> {
  const body = { ...draft, actions: draft.actions as unknown as Schemas["FlowBody"]["actions"] };
  if (!flow) return request("post", "/v1.0/flows", { body });
  const put = request("put", "/v1.0/flows/{id}", { path: { id: flow.id }, body });
  return overwrite || !tag ? put : { ...put, headers: { "If-Match": tag } };
}

function FlowEditor({ opened, reload }: { opened: Opened; reload: () => void }) {
  const { flow, types } = opened;
  const [draft, setDraft] = useState<Draft>(flow ? { name: flow.name, detail: flow.detail, on_complete_flow_id: flow.on_complete_flow_id, actions: flow.actions as unknown as Action[] } : EMPTY);
  const [saved, setSaved] = useState(draft);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const references = { flows: useFlows(), rooms: useRooms() };
  const isChanged = draft !== saved;
  useEffect(() => {
    if (!isChanged) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isChanged]);
  async function save(overwrite = false) {
    setBusy(true);
    setError(undefined);
    try {
      const answer = await send(saving(draft, opened, overwrite));
      toast("The flow is saved.");
      setSaved(draft);
      if (flow) reload();
      else go(`flows/${answer.id}`);
    } catch (failed) {
      setError(failed);
    } finally {
      setBusy(false);
    }
  }
  const fault = faultOf(error);
  const isOutdated = error instanceof RequestFailed && error.status === CHANGED_MEANWHILE;
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  return (
    <>
      <div class="view-head">
        <div class="grow"><p><a href="#/flows">Flows</a></p><h1>{flow ? flow.name || "Flow without a name" : "New flow"}</h1></div>
        <div class="actions">
          {isChanged && flow && <span class="badge warn">not saved</span>}
          {flow && <FlowTools flow={flow} />}
          <span class="act"><button class="primary" type="button" disabled={busy || (!!flow && !isChanged)} onClick={() => void save()}>{flow ? "Save" : "Create flow"}</button>
            <ShowRequest request={saving(draft, opened, false)} /></span>
        </div>
      </div>
      {isOutdated && (
        <div class="note warn" role="alert">
          <p>The flow has changed since you opened it. Your changes are still here.</p>
          <div class="row">
            <button type="button" onClick={reload}>Discard mine, show the other version</button>
            <span class="act"><button type="button" class="danger" onClick={() => void save(true)}>Overwrite it with mine</button>
              <ShowRequest request={saving(draft, opened, true)} /></span>
          </div>
        </div>
      )}
      {error !== undefined && !isOutdated && !fault && <ErrorNote error={error} />}
      {fault && <p class="note bad" role="alert">Action {fault.index + 1} has a fault: nothing was saved.</p>}
      <FlowFields draft={draft} flows={references.flows} change={change} />
      <Actions actions={draft.actions} types={types} references={references} fault={fault} onChange={(actions) => (setError(undefined), change({ actions }))} />
      {flow && <Runs flowId={flow.id} />}
    </>
  );
}

function FlowTools({ flow }: { flow: Flow }) {
  return (
    <>
      <Act request={request("post", "/v1.0/activeflows", { body: { flow_id: flow.id } })} icon="play" done={(run) => go(`flows/runs/${run.id}`)}>Run without a call</Act>
      <Act request={request("delete", "/v1.0/flows/{id}", { path: { id: flow.id } })} kind="ghost icon danger" icon="close" label="Delete this flow"
        confirm="Numbers that lead to it refuse calls. Calls that run it continue." done={() => go("flows")} />
    </>
  );
}

function FlowFields({ draft, flows, change }: { draft: Draft; flows: ReadonlyArray<readonly [string, string]>; change: (part: Partial<Draft>) => void }) {
  return (
    <div class="form-grid flow-fields">
      <div class="field"><label for="flow-name">Name</label>
        <input id="flow-name" value={draft.name} onInput={(event) => change({ name: event.currentTarget.value })} /></div>
      <div class="field"><label for="flow-detail">Description</label>
        <input id="flow-detail" value={draft.detail} onInput={(event) => change({ detail: event.currentTarget.value })} /></div>
      <div class="field"><label for="flow-after">Flow after it, without the call</label>
        <select id="flow-after" value={draft.on_complete_flow_id} onChange={(event) => change({ on_complete_flow_id: event.currentTarget.value })}>
          {withValue(flows, draft.on_complete_flow_id).map(([id, name]) => <option key={id} value={id}>{name}</option>)}
        </select></div>
    </div>
  );
}

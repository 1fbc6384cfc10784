// The servers that share the database: what each carries, how old its lease is, and draining.
import { useEffect, useRef, useState } from "preact/hooks";
import { request, send, type Schemas } from "../../api/request";
import { Act, ShowRequest } from "../../ui/Act";
import { Table, type Column } from "../../ui/Listing";
import { Empty, ErrorNote, Loading } from "../../ui/notes";
import { duration, moment, plural, short } from "../../ui/format";
import { now } from "../../ui/now";
import { changes, type Change, type Node } from "./changes";

type Nodes = Schemas["Nodes"];

const POLL_MS = 2000;
/** A lease is renewed each 1.5 s, and lapses after 6 s. */
const LATE_S = 4;
const KEPT = 50;
const KINDS: Record<Node["state"], string> = { serving: "good", draining: "warn", gone: "" };
const STATES: Record<Node["state"], string> = { serving: "Serving", draining: "Draining", gone: "Gone" };

const listing = request("get", "/v1.0/nodes");
const draining = ({ id }: Node) => request("post", "/v1.0/nodes/{id}/drain", { path: { id } });
const undraining = ({ id }: Node) => request("post", "/v1.0/nodes/{id}/undrain", { path: { id } });
const lives = ({ state }: Node) => state !== "gone";

/** The nodes, read again at intervals, and what has changed since the page was opened, the newest first. */
function useNodes() {
  const [nodes, setNodes] = useState<Nodes>();
  const [history, setHistory] = useState<readonly Change[]>([]);
  const [error, setError] = useState<unknown>();
  const before = useRef<readonly Node[]>();
  const read = () =>
    void send(listing)
      .then((found) => {
        const changed = before.current ? changes(before.current, found.result, Date.now()) : [];
        before.current = found.result;
        setNodes(found);
        setError(undefined);
        if (changed.length) setHistory((past) => [...changed, ...past].slice(0, KEPT));
      })
      .catch(setError);
  useEffect(() => {
    read();
    const timer = setInterval(() => !document.hidden && read(), POLL_MS);
    return () => clearInterval(timer);
  }, []);
  return { nodes, history, error, read };
}

/** Return what somebody should do or know. */
function advice({ result }: Nodes): readonly string[] {
  const living = result.filter(lives);
  const versions = new Set(living.map(({ version }) => version));
  const late = living.filter(({ lease_age_s }) => lease_age_s > LATE_S);
  const emptied = living.filter(({ state, calls, rooms }) => state === "draining" && calls === 0 && rooms === 0);
  return [
    ...(living.every(({ state }) => state === "draining") ? ["No node takes new calls: all drain. Undrain one."] : []),
    ...late.map(({ address, lease_age_s }) => `${address} has not renewed its lease for ${Math.round(lease_age_s)} s: it stands still, or does not reach the database.`),
    ...(living.length > 0 && !living.some(({ leader }) => leader) ? ["There is no leader: no webhook is sent until another node has taken over, within seconds."] : []),
    ...(versions.size > 1 ? [`The nodes run ${[...versions].join(" and ")}: finish the upgrade.`] : []),
    ...emptied.map(({ address }) => `${address} drains, and has no call and no room left: it can be stopped.`),
  ];
}

export function Nodes() {
  const { nodes, history, error, read } = useNodes();
  const living = nodes?.result.filter(lives) ?? [];
  const calls = living.reduce((sum, node) => sum + node.calls, 0);
  const about = nodes?.result.length ? `${plural(living.length, "node")}, ${plural(calls, "call")}` : "The servers that share the database";
  return (
    <>
      <div class="view-head"><div class="grow"><h1>Nodes</h1><p>{about}</p></div><ShowRequest request={listing} /></div>
      {error !== undefined && <ErrorNote error={error} retry={read} />}
      {!nodes && error === undefined && <Loading />}
      {nodes?.result.length === 0 && (
        <Empty icon="nodes" title="This server is alone" text="It has its database for itself: several servers on one PostgreSQL are nodes, and listed here." />
      )}
      {!!nodes?.result.length && (
        <>
          <div class="stack">
            {advice(nodes).map((text) => <p key={text} class="note warn" role="status">{text}</p>)}
            <Table columns={columns(nodes, read)} rows={nodes.result} />
          </div>
          <History history={history} />
        </>
      )}
    </>
  );
}

function columns(nodes: Nodes, changed: () => void): readonly Column<Node>[] {
  const others = nodes.result.filter(({ state }) => state === "serving").length;
  return [
    { title: "Node", cell: (node) => <Name node={node} here={node.id === nodes.here} /> },
    { title: "State", cell: ({ state }) => <span class={`badge ${KINDS[state]}`}>{STATES[state]}</span> },
    { title: "Rooms", cell: (node) => (lives(node) ? node.rooms : "–"), number: true },
    { title: "Calls", cell: (node) => (lives(node) ? node.calls : "–"), number: true },
    { title: "Load", cell: (node) => (lives(node) ? `${Math.round(100 * node.load)} %` : "–"), number: true },
    { title: "Lease", cell: (node) => <Lease node={node} />, number: true },
    { title: "Up for", cell: (node) => (lives(node) ? duration(now.value - (moment(node.tm_start) ?? now.value)) : "–"), number: true },
    { title: "Version", cell: ({ version }) => version || "–", number: true },
    { title: "", cell: (node) => lives(node) && <div class="actions"><Drain node={node} last={node.state === "serving" && others === 1} done={changed} /></div> },
  ];
}

function Name({ node, here }: { node: Node; here: boolean }) {
  return (
    <>
      <strong class="mono">{node.address}</strong>
      <div class="muted small"><span class="mono" title={node.id}>{short(node.id)}</span>{node.leader && lives(node) && ", the leader"}{here && ", answers this page"}</div>
    </>
  );
}

function Lease({ node }: { node: Node }) {
  if (!lives(node)) return <>–</>;
  const late = node.lease_age_s > LATE_S;
  return <span class={late ? "badge bad" : ""} title="Since it was renewed, by the database's clock: each 1.5 s; a node is gone after 6 s">{node.lease_age_s.toFixed(1)} s</span>;
}

function Drain({ node, last, done }: { node: Node; last: boolean; done: () => void }) {
  if (node.state === "draining") {
    return <Act request={undraining(node)} kind="small" label={`Undrain ${node.address}`} confirm="It takes new calls again. The rooms that it has given away stay where they are." done={done}>Undrain</Act>;
  }
  const then = last ? "No other node serves: its rooms stay here, and no new call is taken anywhere." : "Its rooms go to other nodes, each when it is empty.";
  return <Act request={draining(node)} kind="small" label={`Drain ${node.address}`} confirm={`It takes no new calls; those that it has go on until they end. ${then}`} done={done}>Drain</Act>;
}

function History({ history }: { history: readonly Change[] }) {
  return (
    <section aria-label="Changes">
      <div class="view-head section"><div class="grow"><h2>Changes</h2><p>Since this page was opened, the newest first</p></div></div>
      {history.length === 0 && <p class="muted">No node has joined, drained or gone.</p>}
      <div role="log" aria-label="Changes of nodes">
        {history.length > 0 && (
          <ol class="card events">
            {history.map(({ at, text }) => <li key={`${at} ${text}`}><span class="muted small">{new Date(at).toLocaleTimeString()}</span> {text}</li>)}
          </ol>
        )}
      </div>
    </section>
  );
}

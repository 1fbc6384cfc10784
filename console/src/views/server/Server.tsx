// The server: how well it keeps time, what it carries, and what needs attention.
import { useEffect, useState } from "preact/hooks";
import { ErrorNote, Loading } from "../../ui/notes";
import { Cpu } from "./Cpu";
import { Deliveries } from "./Deliveries";
import { Events } from "./Events";
import { Registrations } from "./Registrations";
import { read, type Metrics } from "./metrics";

const POLL_MS = 2000;
/** Readings of the curves: two minutes. */
const KEPT = 60;

interface Advice {
  readonly when: (metrics: Metrics) => boolean;
  readonly text: string;
}

const value = (metrics: Metrics, name: string) => metrics.get(`mixminus_${name}`) ?? 0;

/** Return what a metric says of the webhooks of customers, and of those of runs. */
const webhooks = (metrics: Metrics, name: string) => ["customer", "activeflow"].map((type) => value(metrics, `webhooks_${name}{webhook_type="${type}"}`));

const ADVICE: readonly Advice[] = [
  { when: (m) => [...m].some(([name, ready]) => name.startsWith("mixminus_ready") && ready === 0), text: "A transport takes no calls: the server's log says why." },
  { when: (m) => value(m, 'tick_lateness_us{quantile="0.99"}') > 5000, text: "Ticks begin late: give the server real-time priority, or more cores. `mixminus doctor` shows what is missing." },
  { when: (m) => value(m, "mixing_load") > 0.8, text: "The mixing threads are busy: new calls are refused soon. Add cores, or set MIXMINUS_SHARDS." },
  { when: (m) => webhooks(m, "waiting").some((each) => each > 0), text: "Events wait for a webhook: see the deliveries below." },
];

interface FigureProps {
  name: string;
  text: string;
  detail?: string;
  /** Its last values, for a curve. */
  past?: readonly number[];
}

function Figure({ name, text, detail, past }: FigureProps) {
  return (
    <div class="card padded figure">
      <span class="muted small">{name}</span><strong>{text}</strong>{detail && <span class="muted small">{detail}</span>}
      {past && <Curve label={name} values={past} />}
    </div>
  );
}

function Curve({ label, values }: { label: string; values: readonly number[] }) {
  const top = Math.max(1e-6, ...values);
  const points = values.map((each, index) => `${(100 * index) / (KEPT - 1)},${(26 - (24 * each) / top).toFixed(1)}`);
  return (
    <svg class="curve" viewBox="0 0 100 28" preserveAspectRatio="none" role="img" aria-label={`${label} in the last two minutes`}>
      {points.length > 1 && <polyline points={points.join(" ")} />}
    </svg>
  );
}

export function Server() {
  const [readings, setReadings] = useState<readonly Metrics[]>([]);
  const metrics = readings.at(-1);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const look = () => void read().then((found) => (setReadings((before) => [...before, found].slice(-KEPT)), setError(undefined))).catch(setError);
    look();
    const timer = setInterval(() => !document.hidden && look(), POLL_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <div class="view-head"><div class="grow"><h1>Server</h1><p>How it keeps time, and what needs attention</p></div></div>
      {error !== undefined && <ErrorNote error={error} />}
      {!metrics && error === undefined && <Loading />}
      {metrics && <Health metrics={metrics} readings={readings} />}
      {(metrics || error !== undefined) && <Registrations all={!!metrics} />}
      <Deliveries />
      <Events />
    </>
  );
}

function Health({ metrics, readings }: { metrics: Metrics; readings: readonly Metrics[] }) {
  const late = (quantile: string) => `${(value(metrics, `tick_lateness_us{quantile="${quantile}"}`) / 1000).toFixed(2)} ms`;
  const past = (name: string) => readings.map((each) => value(each, name));
  const [customers = 0, runs = 0] = webhooks(metrics, "waiting");
  const advice = ADVICE.filter((each) => each.when(metrics));
  return (
    <>
      {advice.length === 0 ? <p class="note" role="status">Nothing to do: transports are ready, ticks are on time, and no event waits.</p> : advice.map(({ text }) => <p key={text} class="note warn" role="status">{text}</p>)}
      <div class="figures">
        <Figure name="Ticks begin late by" text={late("0.99")} detail={`99 of 100; half within ${late("0.5")}`} />
        <Figure name="Mixing load" text={`${Math.round(100 * value(metrics, "mixing_load"))} %`} detail="of the busiest thread" past={past("mixing_load")} />
        <Figure name="Rooms" text={String(value(metrics, "conferences"))} past={past("conferences")} />
        <Figure name="Calls" text={String(value(metrics, "calls"))} past={past("calls")} />
        <Figure name="SIP workers" text={String(value(metrics, "sip_workers"))} detail={`${value(metrics, "sip_workers_lost_total")} lost since the start`} />
        <Figure name="Webhooks waiting" text={String(customers + runs)} detail={`${runs} of runs; ${Math.round(Math.max(...webhooks(metrics, "lag_seconds")))} s behind`} />
      </div>
      <Cpu metrics={metrics} />
      <details class="disclosure section">
        <summary>All {metrics.size} metrics</summary>
        <div class="card table-card"><table><tbody>
          {[...metrics].map(([name, each]) => <tr key={name}><td><code>{name}</code></td><td class="number">{each}</td></tr>)}
        </tbody></table></div>
      </details>
    </>
  );
}

// Which part of the server uses the processor: the difference of two readings of its metrics.
import { useEffect, useRef, useState } from "preact/hooks";
import { labelOf } from "../../ui/form/schema";
import type { Metrics } from "./metrics";

const SAMPLE = /^mixminus_cpu_seconds\{role="(\w+)"\}$/;
const FULL = 100;

interface Reading {
  readonly at: number;
  readonly seconds: ReadonlyMap<string, number>;
}

function read(metrics: Metrics): Reading {
  const found = [...metrics].flatMap(([name, value]) => {
    const role = SAMPLE.exec(name)?.[1];
    return role ? [[role, value] as const] : [];
  });
  return { at: performance.now(), seconds: new Map(found) };
}

/** Return the share of a core that each role has used between two readings, in per cent, the largest first. */
function shares(before: Reading, now: Reading): ReadonlyArray<readonly [role: string, percent: number]> {
  const passed = (now.at - before.at) / 1000;
  const found = [...now.seconds].map(([role, spent]) => [role, (FULL * Math.max(0, spent - (before.seconds.get(role) ?? spent))) / passed] as const);
  return found.sort(([, a], [, b]) => b - a);
}

export function Cpu({ metrics }: { metrics: Metrics }) {
  const before = useRef<Reading>();
  const [used, setUsed] = useState<ReturnType<typeof shares>>();
  useEffect(() => {
    const now = read(metrics);
    if (before.current && now.at > before.current.at) setUsed(shares(before.current, now));
    before.current = now;
  }, [metrics]);
  return (
    <section class="card padded" aria-label="CPU by role">
      <h2>CPU by role</h2>
      {used ? (
        <div class="cpu">
          {used.map(([role, percent]) => (
            <>
              <span>{labelOf(role).replace("Sip", "SIP")}</span>
              <span class="bar" aria-hidden="true"><svg viewBox="0 0 100 1" preserveAspectRatio="none"><rect height="1" width={Math.min(FULL, percent)} /></svg></span>
              <span class="tabular">{percent.toFixed(1)} %</span>
            </>
          ))}
        </div>
      ) : <p class="muted">Measuring</p>}
      <p class="muted small">Of one core, over the last two seconds.</p>
    </section>
  );
}

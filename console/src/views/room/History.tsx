// A small history of one measurement: a line, its newest value in words.
interface HistoryProps {
  label: string;
  values: ReadonlyArray<number | null>;
  /** How the newest value is written. */
  write: (value: number) => string;
  /** The value at the upper edge if nothing is above it. */
  ceiling: number;
  /** From here on the value is bad; below it, if `low`. */
  bad: number;
  low?: boolean;
}

const WIDTH = 120;
const HEIGHT = 28;

export function History({ label, values, write, ceiling, bad, low }: HistoryProps) {
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  const top = Math.max(ceiling, ...known);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.flatMap((value, index) => (value === null ? [] : [`${(index * step).toFixed(1)},${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`]));
  const isBad = last !== undefined && (low ? last < bad : last > bad);
  return (
    <div class={`history ${isBad ? "bad" : ""}`}>
      <span class="muted small">{label}</span>
      <strong class="tabular">{last === undefined ? "–" : write(last)}</strong>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${label} in the last minutes`}>
        {points.length > 1 && <polyline points={points.join(" ")} />}
      </svg>
    </div>
  );
}

// A level meter: a bar of light, coloured by how loud it is. It redraws by itself, without the list around it.
import { useComputed, type Signal } from "@preact/signals";

const QUIET_DB = -60;
const HOT_DB = -12;

/** 0 to 1 for -60 to 0 dBov. */
function heightOf(level: number): number {
  return Math.max(0, Math.min(1, 1 - level / QUIET_DB));
}

export function Meter({ level, label }: { level: Signal<number>; label: string }) {
  const height = useComputed(() => heightOf(level.value));
  const hot = useComputed(() => level.value > HOT_DB);
  return (
    <div class={`meter ${hot.value ? "hot" : ""}`} role="meter" aria-label={label} aria-valuemin={QUIET_DB} aria-valuemax={0}
      aria-valuenow={Math.round(Math.max(QUIET_DB, level.value))}>
      <div style={{ transform: `scaleX(${height.value})` }} />
    </div>
  );
}

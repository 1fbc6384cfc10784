// The waveform of a recording, from the peaks that the server computes: a click or an arrow key goes there.
import { useEffect, useState } from "preact/hooks";
import { request, send, type Schemas } from "../../api/request";
import { duration } from "../../ui/format";
import type { Marker } from "./Markers";

type Peaks = Schemas["Peaks"];

const HEIGHT = 96;
const FULL_SCALE = 128;
const MAX_BARS = 1200;
/** Up to so many bars, each is as wide as its share of the width; more are lines of a pixel. */
const THIN_BARS = 300;
const STEP_S = 5;

interface WaveformProps {
  id: string;
  at: number;
  length: number;
  markers: readonly Marker[];
  seek: (seconds: number) => void;
}

/** Return the path of the waveform: a line for each bar, from its lowest to its highest sample. */
function outline({ data, channels, length }: Peaks): { path: string; bars: number } {
  const together = Math.max(1, Math.ceil(length / MAX_BARS));
  const bars = Math.ceil(length / together);
  const middle = HEIGHT / 2;
  let path = "";
  for (let bar = 0; bar < bars; bar += 1) {
    let low = 0;
    let high = 0;
    const end = Math.min(length, (bar + 1) * together) * channels * 2;
    for (let index = bar * together * channels * 2; index < end; index += 1) {
      const value = data[index] ?? 0;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const scale = middle / FULL_SCALE;
    path += `M${bar + 0.5} ${(middle - Math.max(high * scale, 0.5)).toFixed(1)}V${(middle - Math.min(low * scale, -0.5)).toFixed(1)}`;
  }
  return { path, bars };
}

export function Waveform({ id, at, length, markers, seek }: WaveformProps) {
  const [drawn, setDrawn] = useState<{ path: string; bars: number }>();
  useEffect(() => {
    send(request("get", "/v1.0/recordings/{id}/peaks", { path: { id } }))
      .then((peaks) => setDrawn(outline(peaks)))
      .catch(() => setDrawn(undefined));
  }, [id]);
  const click = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    seek((length * (event.clientX - box.left)) / box.width);
  };
  const key = (event: KeyboardEvent) => {
    const step = { ArrowRight: STEP_S, ArrowLeft: -STEP_S, Home: -length, End: length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    seek(Math.min(length, Math.max(0, at + step)));
  };
  const bars = drawn?.bars ?? 1;
  return (
    <div class="waveform" role="slider" tabIndex={0} aria-label="Position" aria-valuemin={0} aria-valuemax={Math.round(length)} aria-valuenow={Math.round(at)}
      aria-valuetext={`${duration(at * 1000)} of ${duration(length * 1000)}`} onClick={click} onKeyDown={key}>
      <svg viewBox={`0 0 ${bars} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {drawn && <path d={drawn.path} class="wave" vector-effect={bars > THIN_BARS ? "non-scaling-stroke" : undefined} />}
        {length > 0 && markers.map((each, index) => (
          <line key={index} class="marker" x1={(bars * each.at) / length} x2={(bars * each.at) / length} y1="0" y2={HEIGHT} vector-effect="non-scaling-stroke" />
        ))}
        {length > 0 && <rect class="played" x="0" y="0" width={(bars * at) / length} height={HEIGHT} />}
      </svg>
    </div>
  );
}

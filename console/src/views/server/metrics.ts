// What the server measures of itself, from its metrics (Prometheus text format).
import { fetchRaw, request } from "../../api/request";

export type Metrics = ReadonlyMap<string, number>;

/** Return each sample by its name, with its labels as they are written. */
function parse(text: string): Metrics {
  const found = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (!line || line.startsWith("#")) continue;
    const end = line.lastIndexOf(" ");
    found.set(line.slice(0, end), Number(line.slice(end + 1)));
  }
  return found;
}

export async function read(): Promise<Metrics> {
  return parse(await (await fetchRaw(request("get", "/metrics"))).text());
}

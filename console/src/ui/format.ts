// Times, durations and ids as people read them. The API sends times in two styles: see its reference, section 1.3.
const NEVER = "9999-";
const NIL = "00000000-0000-0000-0000-000000000000";

/** Return the time in milliseconds since 1970, or undefined for what has not happened. */
export function moment(text: string | null | undefined): number | undefined {
  if (!text || text.startsWith(NEVER)) return undefined;
  const parsed = Date.parse(text.includes("T") ? text : `${text.replace(" ", "T")}Z`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** 4:05 or 1:02:09. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

const TODAY = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const BEFORE = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });

/** 14:32, with the date unless it is today; a dash for what has not happened. */
export function when(text: string | null | undefined): string {
  const at = moment(text);
  if (at === undefined) return "–";
  const today = new Date(at).toDateString() === new Date().toDateString();
  return (today ? TODAY : BEFORE).format(at);
}

export function isSet(id: string | null | undefined): boolean {
  return !!id && id !== NIL;
}

export function short(id: string): string {
  return id.slice(0, 8);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

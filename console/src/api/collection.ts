// A live list: read once by the API, then kept current by events.
import { signal, type Signal } from "@preact/signals";
import { listen, type LiveEvent } from "./live";
import { readPages, type PageRequest } from "./pages";

export interface Row {
  id: string;
  tm_create: string | null;
}

export type Loading = "loading" | "ready" | "failed";

const MAX_PAGES = 20;
const HIDDEN_MS = 250;

export class Collection<T extends Row> {
  readonly state: Signal<Loading> = signal("loading");
  readonly error = signal<unknown>(undefined);
  /** Newest first. */
  readonly rows = signal<readonly T[]>([]);
  /** Whether the server has more rows than were read. */
  readonly truncated = signal(false);
  private readonly byId = new Map<string, T>();
  private scheduled = false;
  private users = 0;
  /** Events that came while the list is read: they are newer than what is read. Undefined while it is not read. */
  private meanwhile?: LiveEvent[];
  private stop?: () => void;

  /**
   * `resources` are the first words of the events' types, such as `conference`; `page` makes the request of a page;
   * `keep` says which rows belong to the list.
   */
  constructor(
    private readonly resources: string | readonly string[],
    private readonly page: PageRequest<T>,
    private readonly keep: (row: T) => boolean = () => true,
  ) {}

  /** Begin to follow the list; returns what ends it. */
  open(): () => void {
    this.users += 1;
    if (this.users === 1) {
      const prefixes = [this.resources].flat().map((each) => `${each}_`);
      this.stop = listen(
        (event) => prefixes.some((prefix) => event.type.startsWith(prefix)) && this.apply(event),
        () => void this.load(),
      );
      void this.load();
    }
    return () => {
      this.users -= 1;
      if (this.users === 0) this.stop?.();
    };
  }

  get(id: string): T | undefined {
    return this.byId.get(id);
  }

  /** Put the answer of a request into the list, before its event arrives. */
  put(row: T): void {
    if (this.keep(row)) this.byId.set(row.id, { ...this.byId.get(row.id), ...row });
    else this.byId.delete(row.id);
    this.publish();
  }

  async load(): Promise<void> {
    const meanwhile: LiveEvent[] = [];
    this.meanwhile = meanwhile;
    try {
      const { rows, truncated } = await readPages(this.page, MAX_PAGES);
      if (this.meanwhile !== meanwhile) return; // a later load reads again
      this.byId.clear();
      rows.filter(this.keep).forEach((row) => this.byId.set(row.id, row));
      this.truncated.value = truncated;
      this.state.value = "ready";
      this.error.value = undefined;
      this.meanwhile = undefined;
      meanwhile.forEach((event) => this.apply(event));
      this.publish();
    } catch (error) {
      if (this.meanwhile !== meanwhile) return;
      this.meanwhile = undefined;
      this.error.value = error;
      if (this.state.value !== "ready") this.state.value = "failed";
    }
  }

  private apply(event: LiveEvent): void {
    const row = event.data as unknown as T;
    if (typeof row.id !== "string") return;
    this.meanwhile?.push(event);
    if (event.type.endsWith("_deleted")) this.byId.delete(row.id);
    else if (this.keep(row)) this.byId.set(row.id, row);
    else this.byId.delete(row.id);
    this.publish();
  }

  /** Events come in bursts: the list is drawn once for a frame. */
  private publish(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    const flush = () => {
      this.scheduled = false;
      this.rows.value = [...this.byId.values()].sort((a, b) => ((a.tm_create ?? "") < (b.tm_create ?? "") ? 1 : -1));
    };
    if (document.hidden) setTimeout(flush, HIDDEN_MS);
    else requestAnimationFrame(flush);
  }
}

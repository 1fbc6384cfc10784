// What webhooks were sent: each event with its attempts, and a button that sends it again.
import { useEffect, useState } from "preact/hooks";
import { request, send, type Schemas } from "../../api/request";
import { Act } from "../../ui/Act";
import { Table, type Column } from "../../ui/Listing";
import { ErrorNote } from "../../ui/notes";
import { moment, plural, when } from "../../ui/format";
import { toast } from "../../ui/toast";

type Delivery = Schemas["Delivery"];
type Attempt = Schemas["Attempt"];

const POLL_MS = 3000;
const SHOWN = 25;
const KINDS: Record<Delivery["state"], string> = { delivered: "good", waiting: "warn", undelivered: "bad" };

const outcome = ({ http_status, error }: Attempt) => (http_status ? String(http_status) : error);

function Attempts({ delivery }: { delivery: Delivery }) {
  const [newest] = delivery.attempts;
  if (!newest) return <span class="muted">waits behind an earlier event</span>;
  const more = delivery.attempt_count - delivery.attempts.length;
  return (
    <details class="attempts">
      <summary>{plural(delivery.attempt_count, "attempt")}; the last: {outcome(newest)}</summary>
      <ol>
        {delivery.attempts.map((each) => <li key={each.tm}>{when(each.tm)}: {outcome(each)} <span class="muted">in {each.duration_ms} ms</span></li>)}
        {more > 0 && <li class="muted">and {more} before</li>}
      </ol>
    </details>
  );
}

function Webhook({ delivery: { webhook_type, webhook_id } }: { delivery: Delivery }) {
  return webhook_type === "customer" ? <>customer</> : <a href={`#/flows/runs/${webhook_id}`}>run {webhook_id.slice(0, 8)}</a>;
}

/** The newest deliveries, read again at intervals. */
function useDeliveries() {
  const [events, setEvents] = useState<readonly Delivery[]>();
  const [error, setError] = useState<unknown>();
  const load = () =>
    void send(request("get", "/v1.0/events/deliveries", { query: { page_size: SHOWN } }))
      .then(({ result }) => (setEvents(result), setError(undefined)))
      .catch(setError);
  useEffect(() => {
    load();
    const timer = setInterval(() => !document.hidden && load(), POLL_MS);
    return () => clearInterval(timer);
  }, []);
  return { events, error, load };
}

export function Deliveries() {
  const { events, error, load } = useDeliveries();
  const sent = ({ count }: { count: number }) => {
    toast(count ? `${plural(count, "event")} sent again.` : "No event waits or was given up.");
    load();
  };
  const resend = (delivery?: Delivery) =>
    request("post", "/v1.0/events/resend", { body: delivery ? { event_ids: [delivery.id], webhook_type: delivery.webhook_type } : {} });
  const columns: readonly Column<Delivery>[] = [
    { title: "Event", cell: ({ id, type }) => <><code>{type}</code> <span class="muted">{id}</span></> },
    { title: "Webhook", cell: (each) => <Webhook delivery={each} /> },
    {
      title: "State",
      cell: ({ state, tm_next }) => <><span class={`badge ${KINDS[state]}`}>{state}</span>{moment(tm_next) !== undefined && <div class="muted small">again {when(tm_next)}</div>}</>,
    },
    { title: "Attempts", cell: (each) => <Attempts delivery={each} /> },
    { title: "", cell: (each) => <div class="actions"><Act request={resend(each)} kind="small" done={sent}>Send again</Act></div> },
  ];
  return (
    <section aria-label="Webhook deliveries">
      <div class="view-head section"><div class="grow"><h2>Webhook deliveries</h2><p>The last {SHOWN} events, with their attempts</p></div>
        <div class="actions">{events?.some(({ state }) => state !== "delivered") && <Act request={resend()} done={sent}>Send all again</Act>}</div></div>
      {error !== undefined && <ErrorNote error={error} retry={load} />}
      {events?.length === 0 && <p class="muted">No event was sent: neither the customer nor a flow’s run has a webhook, or nothing has happened since it was set.</p>}
      {!!events?.length && <Table columns={columns} rows={events} keyOf={({ id, webhook_type }) => `${id} ${webhook_type}`} />}
    </section>
  );
}

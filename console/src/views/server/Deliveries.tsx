// Events that the webhook did not accept, and a button that sends them again.
import { useEffect, useState } from "preact/hooks";
import { request, send, type Schemas } from "../../api/request";
import { Act } from "../../ui/Act";
import { Table, type Column } from "../../ui/Listing";
import { plural, when } from "../../ui/format";
import { toast, toastError } from "../../ui/toast";

type Undelivered = Schemas["UndeliveredEvent"];

export function Deliveries() {
  const [events, setEvents] = useState<readonly Undelivered[]>();
  const load = () => void send(request("get", "/v1.0/events/undelivered")).then(({ result }) => setEvents(result)).catch(toastError);
  useEffect(load, []);
  const sent = ({ count }: { count: number }) => {
    toast(`${plural(count, "event")} sent again.`);
    load();
  };
  const resend = (event_ids?: number[]) => request("post", "/v1.0/events/resend", { body: event_ids ? { event_ids } : {} });
  const columns: readonly Column<Undelivered>[] = [
    { title: "Event", cell: ({ id }) => id, number: true },
    { title: "Last status", cell: (each) => <span class="badge bad">{each.http_status || "none"}</span> },
    { title: "Given up", cell: ({ tm }) => when(tm), number: true },
    { title: "", cell: ({ id }) => <div class="actions"><Act request={resend([id])} kind="small" done={sent}>Send again</Act></div> },
  ];
  return (
    <section aria-label="Webhook deliveries">
      <div class="view-head section"><div class="grow"><h2>Webhook</h2><p>Events that it did not accept</p></div>
        <div class="actions">{!!events?.length && <Act request={resend()} done={sent}>Send all again</Act>}</div></div>
      {events?.length === 0 && <p class="muted">All events were accepted, or no webhook is set.</p>}
      {!!events?.length && <Table columns={columns} rows={events} />}
    </section>
  );
}

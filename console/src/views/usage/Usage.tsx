// Usage: how long participants were in rooms, by day and room, and the credits that are left.
import { useEffect, useState } from "preact/hooks";
import { fetchRaw, request, send, type Schemas } from "../../api/request";
import { readPages } from "../../api/pages";
import { ShowRequest } from "../../ui/Act";
import { Icon } from "../../ui/Icon";
import { Table, type Column } from "../../ui/Listing";
import { download } from "../../ui/download";
import { duration, isSet, moment, plural, short, when } from "../../ui/format";
import { Empty, ErrorNote, Loading } from "../../ui/notes";
import { toastError } from "../../ui/toast";

type Row = Schemas["Usage"] & { id: string };
type Report = Schemas["BalanceReport"];
type Grouping = "day_room" | "day" | "room";

interface Span {
  readonly since: string;
  readonly until: string;
  readonly by: Grouping;
}

const MAX_PAGES = 10;
const GROUPINGS: ReadonlyArray<readonly [Grouping, string]> = [["day_room", "Days and rooms"], ["day", "Days"], ["room", "Rooms"]];

const exporting = (span: Span) => request("get", "/v1.0/usage/export", { query: { ...span } });

const reading = (span: Span, page_token = "") => request("get", "/v1.0/usage", { query: { ...span, ...(page_token && { page_token }) } });

async function read(span: Span) {
  const [{ rows, truncated }, balance] = await Promise.all([
    readPages((page_token) => reading(span, page_token), MAX_PAGES),
    send(request("get", "/v1.0/balance", {})),
  ]);
  return { rows: rows.map((row): Row => ({ ...row, id: `${row.day} ${row.conference_id}` })), truncated, balance, span };
}

export function Usage() {
  const [span, setSpan] = useState<Span>({ since: "", until: "", by: "day_room" });
  const [found, setFound] = useState<Awaited<ReturnType<typeof read>>>();
  const [error, setError] = useState<unknown>();
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let current = true; // the answer of an earlier choice may come after that of a later one
    read(span)
      .then((answer) => current && (setFound(answer), setError(undefined)))
      .catch((failed) => current && setError(failed));
    return () => void (current = false);
  }, [span, again]);
  const save = () => void fetchRaw(exporting(span)).then((answer) => answer.blob()).then((file) => download(file, "usage.csv")).catch(toastError);
  return (
    <>
      <div class="view-head">
        <div class="grow"><h1>Usage</h1><p>How long participants were in rooms, by days of UTC; it is counted when they leave</p></div>
        <div class="actions">
          <span class="act"><button type="button" onClick={save}><Icon name="download" />Download CSV</button><ShowRequest request={exporting(span)} /></span>
        </div>
      </div>
      <Choice span={span} choose={setSpan} />
      {error !== undefined && <ErrorNote error={error} retry={() => setAgain(again + 1)} />}
      {!found && error === undefined && <Loading />}
      {found && (
        <>
          <Balance report={found.balance} />
          {found.rows.length === 0 && <Empty icon="clock" title="No usage" text="No participant has left a room in this time." />}
          {found.rows.length > 0 && <Table columns={columnsOf(found.span.by, found.balance.balance !== null)} rows={found.rows} />}
          {found.truncated && <p class="page-note">More rows are not shown; the CSV file has all.</p>}
        </>
      )}
    </>
  );
}

function Choice({ span, choose }: { span: Span; choose: (span: Span) => void }) {
  const day = (name: "since" | "until", label: string) => (
    <div class="field flush">
      <label for={name}>{label}</label>
      <input id={name} type="date" value={span[name]} onChange={(event) => choose({ ...span, [name]: event.currentTarget.value })} />
    </div>
  );
  return (
    <div class="toolbar">
      {day("since", "First day")}
      {day("until", "Last day")}
      <div class="segments" role="group" aria-label="What a row is about">
        {GROUPINGS.map(([by, label]) => <button key={by} type="button" aria-pressed={span.by === by} onClick={() => choose({ ...span, by })}>{label}</button>)}
      </div>
      <ShowRequest request={reading(span)} />
    </div>
  );
}

/** What goes on now, and the credits, if the customer is limited by them. */
function Balance({ report: { balance, available, running } }: { report: Report }) {
  return (
    <div class="figures few">
      <div class="card padded figure">
        <span class="muted small">In rooms now</span><strong>{plural(running.participants, "participant")}</strong><span class="muted small">{plural(running.minutes, "minute")} so far</span>
      </div>
      {balance && (
        <div class="card padded figure">
          <span class="muted small">Balance</span><strong>{plural(available ?? 0, "credit")}</strong>
          <span class="muted small">{moment(balance.tm_exhausted) !== undefined ? `used up ${when(balance.tm_exhausted)}` : `with ${plural(running.credits, "credit")} deducted for those in rooms`}</span>
        </div>
      )}
    </div>
  );
}

function columnsOf(by: Grouping, limited: boolean): readonly Column<Row>[] {
  const day: Column<Row> = { title: "Day", cell: (row) => <span class="tabular">{row.day ?? "All"}</span> };
  const room: Column<Row> = { title: "Room", cell: (row) => row.conference_name || (isSet(row.conference_id) ? short(row.conference_id) : "All") };
  const credits: Column<Row> = { title: "Credits", number: true, cell: (row) => row.credits };
  return [
    ...(by === "room" ? [] : [day]),
    ...(by === "day" ? [] : [room]),
    { title: "Participants", number: true, cell: (row) => row.participants },
    { title: "Minutes", number: true, cell: (row) => row.minutes },
    { title: "Time", number: true, cell: (row) => duration(row.seconds * 1000) },
    ...(limited ? [credits] : []),
  ];
}

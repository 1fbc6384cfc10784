// The phones that are registered now.
import { listing, useRegistrations, type Registration } from "../../api/registrations";
import { ShowRequest } from "../../ui/Act";
import { Table, type Column } from "../../ui/Listing";
import { ErrorNote } from "../../ui/notes";
import { duration, moment, plural, short, when } from "../../ui/format";
import { now } from "../../ui/now";
import { addressText } from "../../ui/sip";

type Row = Registration & { id: string };

const COLUMNS: readonly Column<Row>[] = [
  { title: "Extension", cell: ({ extension }) => <strong>{extension}</strong> },
  { title: "Phone", cell: ({ user_agent }) => user_agent || <span class="muted">does not say</span> },
  { title: "Address", cell: (row) => <span class="mono" title={row.contact}>{addressText(row)}</span> },
  { title: "For", cell: ({ tm_create }) => duration(now.value - (moment(tm_create) ?? now.value)), number: true },
  { title: "Until", cell: ({ tm_expire }) => when(tm_expire), number: true },
];
const CUSTOMER: Column<Row> = { title: "Customer", cell: ({ customer_id }) => <span class="mono" title={customer_id}>{short(customer_id)}</span> };

/** `all`: of all customers, for operators of the server. */
export function Registrations({ all }: { all: boolean }) {
  const { rows, error } = useRegistrations(all);
  const customers = new Set(rows?.map(({ customer_id }) => customer_id));
  return (
    <section aria-label="Registrations">
      <div class="view-head section">
        <div class="grow"><h2>Registrations</h2><p>{rows?.length ? `${plural(rows.length, "phone")} registered now` : "Phones that are registered now"}</p></div>
        <ShowRequest request={listing(all)} />
      </div>
      {error !== undefined && <ErrorNote error={error} />}
      {rows?.length === 0 && <p class="muted">No phone is registered: <a href="#/extensions">set one up</a>.</p>}
      {!!rows?.length && <Table columns={customers.size > 1 ? [...COLUMNS, CUSTOMER] : COLUMNS} rows={rows.map((row) => ({ ...row, id: `${row.extension_id} ${row.contact}` }))} />}
    </section>
  );
}

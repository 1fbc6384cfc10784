// A list of one kind of resource: heading, search, table, and what is shown while there is none.
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Collection, Row } from "../api/collection";
import type { IconName } from "./Icon";
import { Search } from "./Search";
import { Empty, ErrorNote, Loading } from "./notes";

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Aligned as numbers are. */
  readonly number?: boolean;
}

interface ListingProps<T extends Row> {
  title: string;
  about: string;
  icon: IconName;
  collection: Collection<T>;
  columns: readonly Column<T>[];
  /** The text that the search looks through. */
  text: (row: T) => string;
  shown?: (row: T) => boolean;
  /** What is said while there is none, or what is shown instead. */
  none: string | VNode;
  children?: ComponentChildren;
}

export function Listing<T extends Row>({ title, about, icon, collection, columns, text, shown = () => true, none, children }: ListingProps<T>) {
  const [sought, setSought] = useState("");
  useEffect(() => collection.open(), []);
  const rows = collection.rows.value.filter(shown);
  const found = rows.filter((row) => text(row).toLowerCase().includes(sought.toLowerCase()));
  const state = collection.state.value;
  return (
    <>
      <div class="view-head">
        <div class="grow"><h1>{title}</h1><p>{about}</p></div>
        <div class="actions">{children}</div>
      </div>
      {state === "loading" && <Loading />}
      {state === "failed" && <ErrorNote error={collection.error.value} retry={() => void collection.load()} />}
      {state === "ready" && rows.length === 0 && (
        typeof none === "string" ? <Empty icon={icon} title={`No ${title.toLowerCase()} yet`} text={none} /> : none
      )}
      {rows.length > 0 && (
        <>
          <div class="toolbar">
            <Search aria-label={`Find in ${title.toLowerCase()}`} placeholder="Find" value={sought} onInput={(event) => setSought(event.currentTarget.value)} />
          </div>
          <Table columns={columns} rows={found} />
          {found.length === 0 && <p class="page-note">Nothing has “{sought}” in it.</p>}
          {collection.truncated.value && <p class="page-note">Older ones are not shown; the API lists them all.</p>}
        </>
      )}
    </>
  );
}

interface TableProps<T> {
  columns: readonly Column<T>[];
  rows: readonly T[];
  /** What tells a row from the others, unless its id does. */
  keyOf?: (row: T) => string;
}

export function Table<T extends { id?: string | number }>({ columns, rows, keyOf }: TableProps<T>) {
  return (
    <div class="card table-card stacked">
      <table>
        <thead>
          <tr>
            {columns.map(({ title, number }) => (
              <th key={title} scope="col" class={number ? "number" : ""}>{title || <span class="visually-hidden">Actions</span>}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={keyOf?.(row) ?? row.id ?? index}>
              {columns.map(({ title, cell, number }) => <td key={title} class={number ? "number" : ""} data-title={number ? title : undefined}>{cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

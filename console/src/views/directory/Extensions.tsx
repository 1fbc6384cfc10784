// Extensions: the logins of phones.
import { useState } from "preact/hooks";
import { Collection } from "../../api/collection";
import { request, send, type Schemas } from "../../api/request";
import { useRegistrations, type Registration } from "../../api/registrations";
import { ShowRequest } from "../../ui/Act";
import type { Column } from "../../ui/Listing";
import { when } from "../../ui/format";
import { addressText } from "../../ui/sip";
import { toastError } from "../../ui/toast";
import { Phone } from "./Phone";
import { Resources } from "./Resources";

type Extension = Schemas["Extension"];

const extensions = new Collection<Extension>("extension", (page_token) => request("get", "/v1.0/extensions", { query: { page_token } }));
const read = ({ id }: Extension) => request("get", "/v1.0/extensions/{id}", { path: { id } });

/** The phones that are registered with an extension; undefined until it is known. */
function Phones({ of }: { of?: readonly Registration[] }) {
  if (!of) return null;
  if (of.length === 0) return <span class="badge">not registered</span>;
  return (
    <span class="lights" title={of.map(addressText).join(", ")}>
      <span class="badge good">{of.length === 1 ? "registered" : `${of.length} registered`}</span>
      <span class="muted small">{of.map(({ user_agent }) => user_agent).filter(Boolean).join(", ")}</span>
    </span>
  );
}

export function Extensions() {
  const [chosen, choose] = useState<Extension & { password: string }>();
  const { rows: registered } = useRegistrations();
  const open = (row: Extension) =>
    send(read(row))
      .then((answer) => choose({ ...answer, password: answer.password ?? "" }))
      .catch(toastError);
  const columns: readonly Column<Extension>[] = [
    { title: "Extension", cell: (row) => <strong>{row.extension}</strong> },
    { title: "Name", cell: (row) => row.name },
    { title: "Dialled by", cell: (row) => <code>{row.direct_hash}</code> },
    { title: "Phones", cell: (row) => <Phones of={registered?.filter(({ extension_id }) => extension_id === row.id)} /> },
    { title: "Created", cell: (row) => when(row.tm_create), number: true },
    {
      title: "Set up",
      cell: (row) => <span class="act"><button class="small" type="button" onClick={() => void open(row)}>Set up a phone</button><ShowRequest request={read(row)} /></span>,
    },
  ];
  return (
    <>
      <Resources title="Extensions" one="extension" icon="extensions" about="Logins of phones" collection={extensions} columns={columns}
        none="An extension is a name and a password: phones register with it, and are called by it." text={(row) => `${row.extension} ${row.name} ${row.direct_hash}`}
        hints={{ extension: { placeholder: "201" }, password: { secret: true, hint: "At least 8 characters." }, detail: { label: "Description" } }}
        create={{ schema: "ExtensionBody", request: (body) => request("post", "/v1.0/extensions", { body: body as Schemas["ExtensionBody"] }) }}
        edit={{
          schema: "ExtensionProfileBody",
          hints: { password: { secret: true, label: "New password", hint: "Empty: it stays as it is. After a new one, its phones must register again." } },
          value: (row) => ({ ...row, password: undefined }),
          request: ({ id }, { password, ...body }) =>
            request("put", "/v1.0/extensions/{id}", { path: { id }, body: { ...body, ...(password ? { password } : {}) } as Schemas["ExtensionProfileBody"] }),
        }}
        read={read} remove={({ id }) => request("delete", "/v1.0/extensions/{id}", { path: { id } })}
        consequence="Its phones are no longer registered. Calls continue." />
      {chosen && <Phone extension={chosen} registered={registered?.filter(({ extension_id }) => extension_id === chosen.id)} close={() => choose(undefined)} />}
    </>
  );
}

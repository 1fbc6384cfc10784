// Extensions: the logins of phones, with the text that a phone needs.
import { useState } from "preact/hooks";
import { Collection } from "../../api/collection";
import { request, send, type Schemas } from "../../api/request";
import { Copy } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import type { Column } from "../../ui/Listing";
import { when } from "../../ui/format";
import { toastError } from "../../ui/toast";
import { Resources } from "./Resources";

type Extension = Schemas["Extension"];

const extensions = new Collection<Extension>("extension", (page_token) => request("get", "/v1.0/extensions", { query: { page_token } }));

/** Return what is pasted into a phone, by the name of the phone. */
function settings({ username, password, extension }: Extension, host: string): ReadonlyArray<readonly [string, string]> {
  return [
    ["Any softphone", `Account:  ${extension}\nUser:     ${username}\nPassword: ${password}\nDomain:   ${host}\nTransport: UDP, TCP or TLS`],
    ["baresip (~/.baresip/accounts)", `<sip:${username}@${host}>;auth_user=${username};auth_pass=${password};regint=300`],
    ["Linphone (linphonerc)", `[proxy_0]\nreg_proxy=<sip:${host}>\nreg_identity=sip:${username}@${host}\nreg_expires=300\nreg_sendregister=1\n\n[auth_info_0]\nusername=${username}\npasswd=${password}\nrealm=*`],
  ];
}

function Phone({ extension, close }: { extension: Extension; close: () => void }) {
  return (
    <Dialog title={`Set up a phone for ${extension.extension}`} close={close} wide>
      <p class="muted">Up to three phones can use it at the same time. The text holds the password: give it to its owner only.</p>
      {settings(extension, location.hostname).map(([phone, text]) => (
        <section key={phone} class="request-text">
          <h3>{phone}</h3>
          <pre tabIndex={0}>{text}</pre>
          <Copy text={text} />
        </section>
      ))}
    </Dialog>
  );
}

export function Extensions() {
  const [chosen, choose] = useState<Extension>();
  const open = (id: string) => send(request("get", "/v1.0/extensions/{id}", { path: { id } })).then(choose).catch(toastError);
  const columns: readonly Column<Extension>[] = [
    { title: "Extension", cell: (row) => <strong>{row.extension}</strong> },
    { title: "Name", cell: (row) => row.name },
    { title: "Dialled by", cell: (row) => <code>{row.direct_hash}</code> },
    { title: "Created", cell: (row) => when(row.tm_create), number: true },
    { title: "Phone", cell: (row) => <button class="small" type="button" onClick={() => void open(row.id)}>Set up a phone</button> },
  ];
  return (
    <>
      <Resources title="Extensions" one="extension" icon="extensions" about="Logins of phones" collection={extensions} columns={columns}
        none="An extension is a name and a password: phones register with it, and are called by it." text={(row) => `${row.extension} ${row.name} ${row.direct_hash}`}
        schema="ExtensionBody" hints={{ extension: { placeholder: "201" }, password: { secret: true } }}
        create={(body) => request("post", "/v1.0/extensions", { body: body as Schemas["ExtensionBody"] })} remove={({ id }) => request("delete", "/v1.0/extensions/{id}", { path: { id } })}
        consequence="Its phones are no longer registered. Calls continue." />
      {chosen && <Phone extension={chosen} close={() => choose(undefined)} />}
    </>
  );
}

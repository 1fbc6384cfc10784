// Trunks: connections to providers and exchanges, with their state.
import { Collection } from "../../api/collection";
import { request, type Schemas } from "../../api/request";
import type { Column } from "../../ui/Listing";
import { Resources } from "./Resources";

type Trunk = Schemas["Trunk"];

const KINDS: Record<string, string> = { registered: "good", up: "good", registering: "warn", degraded: "warn", unknown: "", failed: "bad", down: "bad" };

const trunks = new Collection<Trunk>("trunk", (page_token) => request("get", "/v1.0/trunks", { query: { page_token } }));

const WAYS: Record<Trunk["auth_types"][number], (trunk: Trunk) => string> = {
  ip: ({ allowed_ips }) => `address: ${allowed_ips.join(", ")}`,
  tls: ({ certificate_names }) => `certificate: ${certificate_names.join(", ")}`,
  basic: () => "password",
};

function State({ trunk }: { trunk: Trunk }) {
  const words = [trunk.registration, trunk.health].filter(Boolean);
  if (words.length === 0) return <span class="badge">not watched</span>;
  return (
    <span class="lights">
      {words.map((word) => <span key={word} class={`badge ${KINDS[word] ?? ""}`}>{word}</span>)}
      {trunk.registration_detail && <span class="muted small">{trunk.registration_detail}</span>}
    </span>
  );
}

const COLUMNS: readonly Column<Trunk>[] = [
  { title: "Trunk", cell: (row) => <><strong>{row.name || row.domain_name}</strong><div class="muted small">{row.domain_name}</div></> },
  { title: "State", cell: (row) => <State trunk={row} /> },
  { title: "Server", cell: (row) => (row.outbound_host ? `${row.outbound_host} (${row.outbound_transport})` : <span class="muted">incoming only</span>) },
  { title: "Identified by", cell: (row) => row.auth_types.map((each) => WAYS[each](row)).join("; ") },
];

export function Trunks() {
  return (
    <Resources title="Trunks" one="trunk" icon="trunks" about="Connections to providers and exchanges" collection={trunks} columns={COLUMNS}
      none="A trunk carries calls to and from telephone numbers." text={(row) => `${row.name} ${row.domain_name} ${row.outbound_host}`}
      sections={[
        { fields: ["name", "detail", "domain_name"] },
        { title: "Incoming calls", fields: ["auth_types", "username", "password", "allowed_ips", "certificate_names"] },
        { title: "Outgoing calls", fields: ["outbound_host", "outbound_transport", "outbound_register"] },
        { title: "More", folded: true },
      ]}
      hints={{
        domain_name: { placeholder: "provider", hint: "Part of its domain: <name>.trunk.<SIP domain>" },
        detail: { label: "Description" },
        auth_types: { label: "Identified by", hint: "Some of: basic (a password), ip, tls (a certificate).", placeholder: "basic, ip" },
        allowed_ips: { label: "Addresses", hint: "Of the provider, for ip." },
        certificate_names: { hint: "Domains of its client certificate, for tls." },
        password: { secret: true, hint: "For basic; at least 8 characters." },
      }}
      create={{ schema: "TrunkBody", request: (body) => request("post", "/v1.0/trunks", { body: body as Schemas["TrunkBody"] }) }}
      edit={{ schema: "TrunkProfileBody", request: ({ id }, body) => request("put", "/v1.0/trunks/{id}", { path: { id }, body: body as Schemas["TrunkProfileBody"] }) }}
      read={({ id }) => request("get", "/v1.0/trunks/{id}", { path: { id } })} remove={({ id }) => request("delete", "/v1.0/trunks/{id}", { path: { id } })}
      consequence="Its calls are refused from now on, and none goes out by it." />
  );
}

// What sets up a phone for an extension: a QR code for those that have a camera, texts for the others.
import { encode } from "uqr";
import { useState } from "preact/hooks";
import type { Schemas } from "../../api/request";
import { Copy } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import "./directory.css";

type Extension = Schemas["Extension"] & { password: string };
type Named = readonly [phone: string, text: string];

const TRANSPORTS = { udp: { name: "UDP", port: 5060 }, tcp: { name: "TCP", port: 5060 }, tls: { name: "TLS", port: 5061 } } as const;
type Transport = keyof typeof TRANSPORTS;

/** Where phones reach the server. */
interface Registrar {
  readonly host: string;
  /** Empty: the transport's own. */
  readonly port: string;
  readonly transport: Transport;
}

const STORED = "mixminus.registrar";
const NEW: Registrar = { host: location.hostname, port: "", transport: "udp" };

/** Return what was entered in this browser before: it is the same for every extension. */
function remembered(): Registrar {
  return { ...NEW, ...(JSON.parse(localStorage.getItem(STORED) ?? "{}") as Partial<Registrar>) };
}

/** Return host:port; the host alone if the port is the transport's own. IPv6 addresses get brackets (RFC 3986 section 3.2.2). */
function hostport({ host, port, transport }: Registrar): string {
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return port && Number(port) !== TRANSPORTS[transport].port ? `${name}:${port}` : name;
}

/** Return the SIP URI of the server or of a user, with the transport unless it is UDP, the default (RFC 3261 section 19.1.1). */
function uri(registrar: Registrar, user = ""): string {
  return `sip:${user && `${user}@`}${hostport(registrar)}${registrar.transport === "udp" ? "" : `;transport=${registrar.transport}`}`;
}

/** Return what is pasted into a phone, by the name of the phone. */
function texts({ extension, username, password }: Extension, registrar: Registrar): readonly Named[] {
  const domain = hostport(registrar);
  const { name, port } = TRANSPORTS[registrar.transport];
  return [
    ["Any softphone", `Account:   ${extension}\nUser:      ${username}\nPassword:  ${password}\nDomain:    ${domain}\nPort:      ${registrar.port || port}\nTransport: ${name}`],
    ["baresip (~/.baresip/accounts)", `<${uri(registrar, username)}>;auth_user=${username};auth_pass=${password};regint=300`],
    ["Linphone (linphonerc)", `[proxy_0]\nreg_proxy=<${uri(registrar)}>\nreg_identity=sip:${username}@${domain}\nreg_expires=300\nreg_sendregister=1\n\n[auth_info_0]\nusername=${username}\npasswd=${password}\nrealm=*`],
    ["pjsua", `pjsua ${registrar.transport === "tls" ? "--use-tls " : ""}--id sip:${username}@${domain} --registrar '${uri(registrar)}' --realm "*" --username ${username} --password '${password.replaceAll("'", "'\\''")}'`],
  ];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const xml = (text: string) => text.replace(/[&<>]/g, (each) => ENTITIES[each] ?? each);

/** Return the contents of QR codes, by the phone that scans them. */
function codes({ extension, name, username, password }: Extension, registrar: Registrar): readonly Named[] {
  const domain = hostport(registrar);
  const fields = { RegisterServer: domain, UserID: username, AuthID: username, AuthPass: password, AccountName: extension, DisplayName: name || extension };
  const account = Object.entries(fields).map(([field, value]) => `<${field}>${xml(value)}</${field}>`).join("");
  return [
    ["Grandstream Wave", `<?xml version="1.0" encoding="utf-8"?><AccountConfig version="1"><Account>${account}</Account></AccountConfig>`],
    ["Any camera, as text", `User: ${username}\nPassword: ${password}\nDomain: ${domain}\nTransport: ${TRANSPORTS[registrar.transport].name}`],
  ];
}

/** A QR code, dark on light in both colour schemes: cameras expect it. */
function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

export function Phone({ extension, close }: { extension: Extension; close: () => void }) {
  const [registrar, setRegistrar] = useState(remembered);
  const [chosen, choose] = useState(0);
  const scanned = codes(extension, registrar);
  const [phone, text] = scanned[chosen]!;
  const change = (changed: Partial<Registrar>) => {
    const next = { ...registrar, ...changed };
    setRegistrar(next);
    localStorage.setItem(STORED, JSON.stringify(next));
  };
  return (
    <Dialog title={`Set up a phone for ${extension.extension}`} close={close} wide>
      <p class="muted">Up to three phones can use it at the same time. Code and texts hold the password: give them to its owner only.</p>
      <div class="phone-code">
        <QrCode text={text} label={`QR code for ${phone}`} />
        <div>
          <div class="segments" role="group" aria-label="Scanned by">
            {scanned.map(([each], index) => <button key={each} type="button" aria-pressed={index === chosen} onClick={() => choose(index)}>{each}</button>)}
          </div>
          <div class="field">
            <label for="sip-host">Server, as phones reach it</label>
            <input id="sip-host" value={registrar.host} spellcheck={false} onInput={(event) => change({ host: event.currentTarget.value.trim() })} />
          </div>
          <div class="row registrar">
            <div class="field">
              <label for="sip-transport">Transport</label>
              <select id="sip-transport" value={registrar.transport} onChange={(event) => change({ transport: event.currentTarget.value as Transport })}>
                {Object.entries(TRANSPORTS).map(([each, { name }]) => <option key={each} value={each}>{name}</option>)}
              </select>
            </div>
            <div class="field">
              <label for="sip-port">SIP port</label>
              <input id="sip-port" type="number" min={1} max={65535} placeholder={String(TRANSPORTS[registrar.transport].port)} value={registrar.port}
                onInput={(event) => change({ port: event.currentTarget.value })} />
            </div>
          </div>
          {registrar.transport !== "udp" && <p class="hint">The code for Grandstream Wave has no transport: choose {TRANSPORTS[registrar.transport].name} in the account's settings.</p>}
        </div>
      </div>
      {texts(extension, registrar).map(([each, content]) => (
        <section key={each} class="request-text">
          <h3>{each}</h3>
          <pre tabIndex={0}>{content}</pre>
          <div><Copy text={content} /></div>
        </section>
      ))}
    </Dialog>
  );
}

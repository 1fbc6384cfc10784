// What sets up a phone for an extension: a QR code for those that have a camera, texts for the others.
import { encode } from "uqr";
import { useState } from "preact/hooks";
import type { Registration } from "../../api/registrations";
import type { Schemas } from "../../api/request";
import { useServer, type Server } from "../../api/server";
import { Copy } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import { TRANSPORTS, addressOf, addressText, hostport, uri, type SipAddress, type Transport } from "../../ui/sip";
import "./directory.css";

type Extension = Schemas["Extension"] & { password: string };
type Named = readonly [phone: string, text: string];

/** What was entered in this browser instead of what the server says: it is the same for every extension. */
type Entered = Partial<SipAddress>;

const STORED = "mixminus.registrar";
const remembered = () => JSON.parse(localStorage.getItem(STORED) ?? "{}") as Entered;

/** Return where phones reach the server. */
function registrarOf(server: Server | undefined, { transport = "udp", host, port }: Entered): SipAddress {
  const served = addressOf(server, transport);
  return { transport, host: host || served.host, port: port || served.port };
}

/** Return what is pasted into a phone, by the name of the phone. */
function texts({ extension, username, password }: Extension, registrar: SipAddress): readonly Named[] {
  const domain = hostport(registrar);
  const { name } = TRANSPORTS[registrar.transport];
  return [
    ["Any softphone", `Account:   ${extension}\nUser:      ${username}\nPassword:  ${password}\nDomain:    ${domain}\nPort:      ${registrar.port}\nTransport: ${name}`],
    ["baresip (~/.baresip/accounts)", `<${uri(registrar, username)}>;auth_user=${username};auth_pass=${password};regint=300`],
    ["Linphone (linphonerc)", `[proxy_0]\nreg_proxy=<${uri(registrar)}>\nreg_identity=sip:${username}@${domain}\nreg_expires=300\nreg_sendregister=1\n\n[auth_info_0]\nusername=${username}\npasswd=${password}\nrealm=*`],
    ["pjsua", `pjsua ${registrar.transport === "tls" ? "--use-tls " : ""}--id sip:${username}@${domain} --registrar '${uri(registrar)}' --realm "*" --username ${username} --password '${password.replaceAll("'", "'\\''")}'`],
  ];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const xml = (text: string) => text.replace(/[&<>]/g, (each) => ENTITIES[each] ?? each);

/** Return the contents of QR codes, by the phone that scans them. */
function codes({ extension, name, username, password }: Extension, registrar: SipAddress): readonly Named[] {
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

interface PhoneProps {
  extension: Extension;
  /** The phones that are registered with it; undefined until it is known. */
  registered?: readonly Registration[];
  close: () => void;
}

/** Says when a phone has registered, while one is set up. */
function Arrived({ registered }: Pick<PhoneProps, "registered">) {
  if (!registered) return null;
  if (registered.length === 0) return <p class="note" role="status">No phone is registered yet. This says so when one is.</p>;
  return (
    <div class="note good" role="status">
      {registered.map((each) => <p key={each.contact}>Registered: {each.user_agent || "a phone"}, {addressText(each)}</p>)}
    </div>
  );
}

export function Phone({ extension, registered, close }: PhoneProps) {
  const server = useServer();
  const [entered, setEntered] = useState(remembered);
  const registrar = registrarOf(server, entered);
  const [chosen, choose] = useState(0);
  const scanned = codes(extension, registrar);
  const [phone, text] = scanned[chosen]!;
  const enter = (next: Entered) => {
    setEntered(next);
    localStorage.setItem(STORED, JSON.stringify(next));
  };
  const served = (transport: Transport) => !server || server.sip_addresses.some((each) => each.transport === transport);
  return (
    <Dialog title={`Set up a phone for ${extension.extension}`} close={close} wide>
      <p class="muted">Up to three phones can use it at the same time. Code and texts hold the password: give them to its owner only.</p>
      <Arrived registered={registered} />
      <div class="phone-code">
        <QrCode text={text} label={`QR code for ${phone}`} />
        <div>
          <div class="segments" role="group" aria-label="Scanned by">
            {scanned.map(([each], index) => <button key={each} type="button" aria-pressed={index === chosen} onClick={() => choose(index)}>{each}</button>)}
          </div>
          <div class="field">
            <label for="sip-host">Server, as phones reach it</label>
            <input id="sip-host" value={registrar.host} spellcheck={false} onInput={(event) => enter({ ...entered, host: event.currentTarget.value.trim() })} />
          </div>
          <div class="row registrar">
            <div class="field">
              <label for="sip-transport">Transport</label>
              <select id="sip-transport" value={registrar.transport} onChange={(event) => enter({ ...entered, port: undefined, transport: event.currentTarget.value as Transport })}>
                {Object.entries(TRANSPORTS).map(([each, { name }]) => <option key={each} value={each}>{served(each as Transport) ? name : `${name}, not on this server`}</option>)}
              </select>
            </div>
            <div class="field">
              <label for="sip-port">SIP port</label>
              <input id="sip-port" type="number" min={1} max={65535} value={registrar.port} onInput={(event) => enter({ ...entered, port: Number(event.currentTarget.value) })} />
            </div>
          </div>
          {(entered.host || entered.port) && <button class="small" type="button" onClick={() => enter({ transport: entered.transport })}>Use the server’s own address</button>}
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

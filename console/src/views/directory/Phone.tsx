// What sets up a phone for an extension: a QR code for those that have a camera, texts for the others.
import { encode } from "uqr";
import { useState } from "preact/hooks";
import type { Schemas } from "../../api/request";
import { Copy } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import "./directory.css";

type Extension = Schemas["Extension"] & { password: string };
type Named = readonly [phone: string, text: string];

/** Return what is pasted into a phone, by the name of the phone. */
function texts({ extension, username, password }: Extension, host: string): readonly Named[] {
  return [
    ["Any softphone", `Account:   ${extension}\nUser:      ${username}\nPassword:  ${password}\nDomain:    ${host}\nTransport: UDP, TCP or TLS`],
    ["baresip (~/.baresip/accounts)", `<sip:${username}@${host}>;auth_user=${username};auth_pass=${password};regint=300`],
    ["Linphone (linphonerc)", `[proxy_0]\nreg_proxy=<sip:${host}>\nreg_identity=sip:${username}@${host}\nreg_expires=300\nreg_sendregister=1\n\n[auth_info_0]\nusername=${username}\npasswd=${password}\nrealm=*`],
    ["pjsua", `pjsua --id sip:${username}@${host} --registrar sip:${host} --realm "*" --username ${username} --password '${password.replaceAll("'", "'\\''")}'`],
  ];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const xml = (text: string) => text.replace(/[&<>]/g, (each) => ENTITIES[each] ?? each);

/** Return the contents of QR codes, by the phone that scans them. */
function codes({ extension, name, username, password }: Extension, host: string): readonly Named[] {
  const fields = { RegisterServer: host, UserID: username, AuthID: username, AuthPass: password, AccountName: extension, DisplayName: name || extension };
  const account = Object.entries(fields).map(([field, value]) => `<${field}>${xml(value)}</${field}>`).join("");
  return [
    ["Grandstream Wave", `<?xml version="1.0" encoding="utf-8"?><AccountConfig version="1"><Account>${account}</Account></AccountConfig>`],
    ["Any camera, as text", `User: ${username}\nPassword: ${password}\nDomain: ${host}`],
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
  const [host, setHost] = useState(location.hostname);
  const [chosen, choose] = useState(0);
  const scanned = codes(extension, host);
  const [phone, text] = scanned[chosen]!;
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
            <input id="sip-host" value={host} spellcheck={false} onInput={(event) => setHost(event.currentTarget.value.trim())} />
            <p class="hint">A name or an address; with :port if SIP is not on 5060.</p>
          </div>
        </div>
      </div>
      {texts(extension, host).map(([each, content]) => (
        <section key={each} class="request-text">
          <h3>{each}</h3>
          <pre tabIndex={0}>{content}</pre>
          <div><Copy text={content} /></div>
        </section>
      ))}
    </Dialog>
  );
}

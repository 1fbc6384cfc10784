// SIP addresses of this server, as phones take them.
import type { Schemas } from "../api/request";

export const TRANSPORTS = { udp: { name: "UDP", port: 5060 }, tcp: { name: "TCP", port: 5060 }, tls: { name: "TLS", port: 5061 } } as const;
export type Transport = keyof typeof TRANSPORTS;

export interface SipAddress {
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
}

/** Return where the server is reached over a transport; without an answer of the server, its usual port at the console's host. */
export function addressOf(server: Schemas["Server"] | undefined, transport: Transport): SipAddress {
  const found = server?.sip_addresses.find((each) => each.transport === transport);
  const host = found?.host ?? server?.sip_addresses[0]?.host ?? location.hostname;
  return { transport, host, port: found?.port ?? TRANSPORTS[transport].port };
}

/** Return host:port; the host alone if the port is the transport's own. IPv6 addresses get brackets (RFC 3986 section 3.2.2). */
export function hostport({ host, port, transport }: SipAddress): string {
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return port === TRANSPORTS[transport].port ? name : `${name}:${port}`;
}

/** Return the SIP URI of the server or of a user, with the transport unless it is UDP, the default (RFC 3261 section 19.1.1). */
export function uri(address: SipAddress, user = ""): string {
  return `sip:${user && `${user}@`}${hostport(address)}${address.transport === "udp" ? "" : `;transport=${address.transport}`}`;
}

/** Return where a phone has registered from, such as UDP 192.0.2.7:5060. */
export function addressText({ transport, host, port }: Schemas["Registration"]): string {
  return `${transport.toUpperCase()} ${host.includes(":") ? `[${host}]` : host}:${port}`;
}

// Logging in and out, and the customer of the credential: the live connection follows the events of that customer.
import { signal } from "@preact/signals";
import { connect, disconnect } from "./live";
import { request, send, type Schemas } from "./request";
import { begin, end } from "./session";

export const customer = signal<Schemas["OwnCustomer"] | undefined>(undefined);

export const loggingIn = (username: string, password: string) => request("post", "/auth/login", { body: { username, password } });
/** Tells whose a credential is. */
export const readingCustomer = request("get", "/v1.0/customer");

export async function logInWithPassword(username: string, password: string): Promise<void> {
  const session = await send(loggingIn(username, password));
  await enter(session.token);
}

/** Check a credential, keep it, and connect. */
export async function enter(token: string): Promise<void> {
  begin(token);
  try {
    customer.value = await send(readingCustomer);
  } catch (error) {
    end();
    throw error;
  }
  connect(customer.value.id);
}

export function logOut(): void {
  disconnect();
  customer.value = undefined;
  end();
}

// Logging in and out, and whose the credential is: the live connection follows the events of that customer.
import { signal } from "@preact/signals";
import { RequestFailed } from "./errors";
import { connect, disconnect, readAgain } from "./live";
import { request, send } from "./request";
import { begin, end } from "./session";

const SUPER_ADMIN = 1, ADMIN = 32, MANAGER = 64, VIEWER = 128;
const FORBIDDEN = 403;

export interface Account {
  customerId: string;
  /** Of the customer; of an agent who may not read the customer its own. */
  name: string;
  permission: number;
}

export const account = signal<Account | undefined>(undefined);

const holds = (bits: number) => !!account.value && (account.value.permission & (bits | SUPER_ADMIN)) !== 0;
/** Whether the credential administers its customer. */
export const administers = () => holds(ADMIN);
/** Whether it changes things; a viewer reads only. */
export const changes = () => holds(ADMIN | MANAGER);

export const loggingIn = (username: string, password: string) => request("post", "/auth/login", { body: { username, password } });
/** Tells whose a credential is. */
export const readingCustomer = request("get", "/v1.0/customer");
/** Tells whose a credential is that may not read its customer: an agent's without the right of an admin. */
const readingAgent = request("get", "/v1.0/me");

export async function logInWithPassword(username: string, password: string): Promise<void> {
  const session = await send(loggingIn(username, password));
  await enter(session.token);
}

async function whose(): Promise<Account> {
  try {
    const { id, name } = await send(readingCustomer);
    return { customerId: id, name, permission: ADMIN | MANAGER };
  } catch (error) {
    if (!(error instanceof RequestFailed && error.status === FORBIDDEN)) throw error;
  }
  const { customer_id, name, username, permission } = await send(readingAgent);
  if (!(permission & (MANAGER | VIEWER))) throw new Error("This agent may see nothing here: an admin can make it a viewer or a manager.");
  return { customerId: customer_id, name: name || username, permission };
}

/** Check a credential, keep it, and connect; a viewer gets no events, so what it sees is read again. */
export async function enter(token: string): Promise<void> {
  begin(token);
  try {
    account.value = await whose();
  } catch (error) {
    end();
    throw error;
  }
  if (changes()) connect(account.value.customerId);
  else readAgain();
}

export function logOut(): void {
  disconnect();
  account.value = undefined;
  end();
}

import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";
import { account, enter } from "../api/account";
import { explain } from "../api/errors";
import { disconnect } from "../api/live";
import { credential, notice } from "../api/session";
import { Toasts } from "../ui/toast";
import { Frame } from "./Frame";
import { Login } from "./Login";

const entering = signal(credential.value !== "");

export function App() {
  useEffect(() => {
    if (!credential.value) return;
    enter(credential.value)
      .catch((error: unknown) => (notice.value ||= explain(error)))
      .finally(() => (entering.value = false));
  }, []);
  useEffect(() => {
    if (!credential.value) disconnect();
  }, [credential.value]);
  if (entering.value) return <p class="page-note" role="status">Connecting to the server</p>;
  return (
    <>
      {credential.value && account.value ? <Frame /> : <Login />}
      <Toasts />
    </>
  );
}

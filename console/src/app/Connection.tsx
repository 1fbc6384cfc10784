// The state of the live connection, and a way to make it again at once.
import { useEffect, useState } from "preact/hooks";
import { account } from "../api/account";
import { liveState, retryAt, retryNow } from "../api/live";

const WORDS = { off: "Offline", connecting: "Connecting", live: "Live", waiting: "Interrupted", reading: "Reading" };

export function Connection() {
  const [, redraw] = useState(0);
  const state = liveState.value;
  useEffect(() => {
    if (state !== "waiting") return undefined;
    const timer = setInterval(() => redraw((count) => count + 1), 500);
    return () => clearInterval(timer);
  }, [state]);
  const retry = () => account.value && retryNow(account.value.customerId);
  const seconds = Math.max(0, Math.ceil((retryAt.value - Date.now()) / 1000));
  return (
    <div class="connection" data-state={state}>
      <span role="status"><span class="dot" aria-hidden="true" />{WORDS[state]}</span>
      {state === "waiting" && (
        <button class="link" type="button" onClick={retry}>Retry now{seconds > 0 ? ` (${seconds} s)` : ""}</button>
      )}
    </div>
  );
}

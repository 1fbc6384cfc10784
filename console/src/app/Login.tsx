import { useState } from "preact/hooks";
import { enter, loggingIn, logInWithPassword, readingCustomer } from "../api/account";
import { RequestFailed, explain } from "../api/errors";
import { notice } from "../api/session";
import { PASSWORD } from "../api/request";
import { RequestText } from "../ui/Act";
import { Logo } from "../ui/Icon";

type Way = "password" | "key";

function reason(error: unknown, way: Way): string {
  if (!(error instanceof RequestFailed)) return explain(error);
  if (error.status === 401) return "The server does not accept this access key. Check that you copied all of it.";
  if (error.status === 400 && way === "password") return "The username or the password is wrong.";
  if (error.status === 503) return "Too many logins at the moment. Try again in a second.";
  return explain(error);
}

export function Login() {
  const [way, setWay] = useState<Way>("password");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [username, setUsername] = useState("");

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(fields.get(name) ?? "").trim();
    setBusy(true);
    setProblem("");
    try {
      if (way === "key") await enter(text("key"));
      else await logInWithPassword(text("username"), String(fields.get("password") ?? ""));
    } catch (error) {
      notice.value = "";
      setProblem(reason(error, way));
    } finally {
      setBusy(false);
    }
  }

  const shown = problem || notice.value;
  return (
    <main class="login">
      <div class="login-card">
        <header class="login-head">
          <Logo size={44} />
          <div>
            <h1>mixminus</h1>
            <p class="muted">Rooms, phones and recordings of this server</p>
          </div>
        </header>
        <div class="segments" role="group" aria-label="How to log in">
          <button type="button" aria-pressed={way === "password"} onClick={() => setWay("password")}>Username</button>
          <button type="button" aria-pressed={way === "key"} onClick={() => setWay("key")}>Access key</button>
        </div>
        {shown && <p class="note bad" role="alert">{shown}</p>}
        <form onSubmit={(event) => void submit(event)}>
          {way === "key" ? (
            <div class="field">
              <label for="key">Access key</label>
              <input id="key" name="key" type="password" autocomplete="off" spellcheck={false} required />
              <p class="hint">The server printed one at its first start; <code>mixminus keys create</code> makes another.</p>
            </div>
          ) : (
            <>
              <div class="field">
                <label for="username">Username</label>
                <input id="username" name="username" autocomplete="username" spellcheck={false} required value={username} onInput={(event) => setUsername(event.currentTarget.value)} />
              </div>
              <div class="field">
                <label for="password">Password</label>
                <input id="password" name="password" type="password" autocomplete="current-password" required />
              </div>
            </>
          )}
          <details class="disclosure">
            <summary>Show the request</summary>
            <RequestText request={way === "key" ? readingCustomer : loggingIn(username.trim(), PASSWORD)} />
          </details>
          <button class="primary wide" type="submit" disabled={busy}>{busy ? "Logging in" : "Log in"}</button>
        </form>
        <p class="login-foot">
          <a href="../join">Join a room</a>
          <a href="../docs/guide/">Guide</a>
          <a href="../docs">API reference</a>
        </p>
      </div>
    </main>
  );
}

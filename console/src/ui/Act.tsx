// A button that sends a request, and can show it before.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { changes } from "../api/account";
import { curl, needsKey, send, type ApiRequest } from "../api/request";
import { showsRequests } from "../api/requestlog";
import { Copy } from "./Copy";
import { Dialog } from "./Dialog";
import { Icon, type IconName } from "./Icon";
import { toastError } from "./toast";

interface ActProps<A> {
  request: ApiRequest<A>;
  children?: ComponentChildren;
  icon?: IconName;
  /** The button's name where it has only an icon, and its tooltip. */
  label?: string;
  /** Classes of the button: primary, danger, small, ghost, icon. */
  kind?: string;
  pressed?: boolean;
  disabled?: boolean;
  /** A question that is asked before the request is sent. */
  confirm?: string;
  done?: (answer: A) => void;
}

export function Act<A>({ request, children, icon, label, kind = "", pressed, disabled: off, confirm, done }: ActProps<A>) {
  const refused = request.method !== "get" && !changes();
  const disabled = off || refused;
  const text = textOf(request);
  const [sent, setSent] = useState<string>();
  // The event of a request can come before its answer: the button is then already one for the opposite, and can be pressed.
  const busy = sent === text;
  const [asking, setAsking] = useState(false);
  async function act() {
    if (busy || disabled) return;
    setAsking(false);
    setSent(text);
    try {
      const answer = await send(request);
      done?.(answer);
    } catch (error) {
      toastError(error);
    } finally {
      setSent((now) => (now === text ? undefined : now));
    }
  }
  return (
    <span class="act">
      {/* Not "disabled": a button that is disabled while it has the focus loses it, and the keyboard its place. */}
      <button type="button" class={kind} aria-disabled={disabled || busy} aria-pressed={pressed} title={refused ? "You may look at this, and change nothing" : label} aria-busy={busy}
        aria-label={children ? undefined : label} onClick={() => (confirm && !disabled ? setAsking(true) : void act())}>
        {icon && <Icon name={icon} />}
        {children}
      </button>
      <ShowRequest request={request} />
      {asking && (
        <Dialog title={label ?? "Are you sure?"} close={() => setAsking(false)}>
          <p>{confirm}</p>
          <footer class="dialog-foot">
            <button type="button" onClick={() => setAsking(false)}>Cancel</button>
            <button type="button" class="danger solid" onClick={() => void act()}>{label ?? "Continue"}</button>
          </footer>
        </Dialog>
      )}
    </span>
  );
}

/** Requests with the same text do the same. */
function textOf({ method, url, body }: ApiRequest): string {
  return `${method} ${url} ${JSON.stringify(body)}`;
}

/** A small button beside another one, there while requests are shown: it opens the request, as it would be sent now, as a command. */
export function ShowRequest({ request }: { request: ApiRequest | (() => Promise<ApiRequest>) }) {
  const [shown, setShown] = useState<ApiRequest>();
  if (!showsRequests.value) return null;
  const open = () => (typeof request === "function" ? void request().then(setShown).catch(toastError) : setShown(request));
  return (
    <>
      <button class="ghost icon small show-request" type="button" aria-label="Show the request" title="Show the request" onClick={open}>
        <Icon name="code" size={14} />
      </button>
      {shown && (
        <Dialog title="The request of this button" close={() => setShown(undefined)}>
          <RequestText request={shown} />
        </Dialog>
      )}
    </>
  );
}

/** A request as a command for a terminal. */
export function RequestText({ request }: { request: ApiRequest }) {
  const text = curl(request);
  return (
    <div class="request-text">
      <pre tabIndex={0}>{text}</pre>
      <div class="row"><Copy text={text} />{needsKey(request) && <span class="muted small">Set MIXMINUS_KEY to an access key first.</span>}</div>
    </div>
  );
}

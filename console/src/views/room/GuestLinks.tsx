// Links by which guests join this room with a browser, without a credential of their own: make one, copy it, revoke it.
import { useEffect, useRef, useState } from "preact/hooks";
import { readPages } from "../../api/pages";
import { ROOT, request, type Schemas } from "../../api/request";
import { Act } from "../../ui/Act";
import { Copy } from "../../ui/Copy";
import { moment, when } from "../../ui/format";
import { now } from "../../ui/now";
import { toastError } from "../../ui/toast";

type Link = Schemas["GuestLink"];

const HOUR_S = 3600;
const LIVES = [[HOUR_S, "An hour"], [24 * HOUR_S, "A day"], [7 * 24 * HOUR_S, "A week"], [30 * 24 * HOUR_S, "30 days"]] as const;
const MAX_PAGES = 5;

/** The links of a room; no event reports them, so that they are read again after each change. */
function useLinks(room: string) {
  const [links, setLinks] = useState<readonly Link[]>([]);
  const load = () =>
    void readPages((page_token) => request("get", "/v1.0/conferences/{id}/guest_links", { path: { id: room }, query: { page_token } }), MAX_PAGES)
      .then(({ rows }) => setLinks(rows))
      .catch(toastError);
  useEffect(load, [room]);
  return { links, load };
}

export function GuestLinks({ room }: { room: string }) {
  const { links, load } = useLinks(room);
  const [name, setName] = useState("");
  const [life, setLife] = useState<number>(LIVES[1][0]);
  const [made, setMade] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const create = request("post", "/v1.0/conferences/{id}/guest_links", { path: { id: room }, body: { name: name.trim(), expire: life } });
  const created = (link: Schemas["NewGuestLink"]) => {
    setMade(new URL(link.path, ROOT).href);
    setName("");
    load();
  };
  const revoked = () => {
    field.current?.focus(); // the row that had it goes away
    load();
  };
  return (
    <section class="card" aria-label="Guest links">
      <header><h2>Guest links</h2></header>
      <div class="card-body stack">
        <p class="muted small">A guest opens the link in a browser, and joins this room: no account, no PIN.</p>
        <div class="field flush">
          <label for="guest-name">Name of the guest</label>
          <input id="guest-name" ref={field} maxLength={64} placeholder="Empty: the guest chooses" autocomplete="off" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </div>
        <div class="row nowrap bottom">
          <div class="field flush grow">
            <label for="guest-life">Valid for</label>
            <select id="guest-life" value={life} onChange={(event) => setLife(Number(event.currentTarget.value))}>
              {LIVES.map(([seconds, text]) => <option key={seconds} value={seconds}>{text}</option>)}
            </select>
          </div>
          <Act request={create} icon="plus" done={created}>Make a link</Act>
        </div>
        {made && (
          <div class="note" role="status">
            <p class="small">Copy it now: it is shown only once.</p>
            <p class="mono break">{made}</p>
            <Copy text={made} label="Copy the link" />
          </div>
        )}
        {links.length > 0 && <ul class="guest-links">{links.map((each) => <Row key={each.id} link={each} room={room} done={revoked} />)}</ul>}
      </div>
    </section>
  );
}

function Row({ link, room, done }: { link: Link; room: string; done: () => void }) {
  const name = link.name || "Any name";
  const expired = (moment(link.tm_expire) ?? Infinity) <= now.value;
  return (
    <li>
      <div class="grow"><p class="ellipsis">{name}</p><p class="muted small">{expired ? "expired" : "until"} {when(link.tm_expire)}</p></div>
      <Act request={request("delete", "/v1.0/conferences/{id}/guest_links/{guest_link_id}", { path: { id: room, guest_link_id: link.id } })}
        kind="small danger" done={done}>Revoke<span class="visually-hidden"> the link of {name}</span></Act>
    </li>
  );
}

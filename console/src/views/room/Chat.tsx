// The chat of a room: its messages as they come, and new ones to all or to one participant.
import { useEffect, useRef, useState } from "preact/hooks";
import { request, send } from "../../api/request";
import { Act, ShowRequest } from "../../ui/Act";
import { Icon } from "../../ui/Icon";
import { isSet, when } from "../../ui/format";
import { NIL } from "../../ui/form/choices";
import { ErrorNote } from "../../ui/notes";
import { toastError } from "../../ui/toast";
import { nameIn, type ChatMessage, type RoomModel } from "./model";
import { Recipient, present } from "./Recipient";
import { myName, sessionId } from "./whip";

const MAX_CHARACTERS = 4000;

export function Chat({ model }: { model: RoomModel }) {
  useEffect(() => model.messages.open(), [model]);
  const messages = [...model.messages.rows.value].reverse();
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [messages.length]);
  return (
    <div class="stack">
      {model.messages.error.value !== undefined && <ErrorNote error={model.messages.error.value} retry={() => void model.messages.load()} />}
      {messages.length === 0 && model.messages.state.value === "ready" && <p class="muted">No messages yet. They are kept with the room, also after it has closed.</p>}
      {messages.length > 0 && (
        <div class="card captions" role="log" aria-label="Chat" tabIndex={0}>
          {messages.map((message) => <Message key={message.id} model={model} message={message} />)}
          <div ref={end} />
        </div>
      )}
      <Composer model={model} />
    </div>
  );
}

function Message({ model, message }: { model: RoomModel; message: ChatMessage }) {
  const sender = message.sender_name || (isSet(message.sender_id) ? nameIn(model, message.sender_id) : "A program");
  return (
    <div class="message">
      <div class="grow break">
        <span class="muted small tabular">{when(message.tm_create)}</span> <strong>{sender}</strong>{" "}
        {isSet(message.recipient_id) && <span class="badge accent">only to {nameIn(model, message.recipient_id)}</span>} <span class="text">{message.text}</span>
      </div>
      <Act request={request("delete", "/v1.0/chatmessages/{id}", { path: { id: message.id } })} kind="ghost icon small danger" icon="close"
        label={`Erase the message of ${sender}`} confirm="Its text is erased for all. This cannot be undone." />
    </div>
  );
}

function Composer({ model }: { model: RoomModel }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(NIL);
  const [busy, setBusy] = useState(false);
  const recipient = present(model, chosen);
  const own = model.meters.participants.value.find((each) => each.face.value.session_id === sessionId.value);
  const what = request("post", "/v1.0/conferences/{id}/messages", {
    path: { id: model.id },
    body: { text, sender_name: myName.value || "Console", ...(own && { sender_id: own.id }), ...(recipient !== NIL && { recipient_id: recipient }) },
  });

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    if (busy || !text.trim()) return;
    setBusy(true);
    try {
      await send(what);
      setText("");
      document.getElementById("message")?.focus();
    } catch (error) {
      toastError(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form class="composer" onSubmit={(event) => void submit(event)}>
      <Recipient model={model} id="recipient" label="To" value={recipient} choose={setChosen} />
      <div class="field flush grow">
        <label for="message">Message</label>
        <input id="message" maxLength={MAX_CHARACTERS} autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </div>
      <span class="act">
        <button class="primary" type="submit" aria-disabled={busy || !text.trim()}><Icon name="speak" />Send</button>
        <ShowRequest request={what} />
      </span>
    </form>
  );
}

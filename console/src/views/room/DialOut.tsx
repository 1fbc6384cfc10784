// Call somebody into the room.
import { useState } from "preact/hooks";
import { request, send, type Schemas } from "../../api/request";
import { explain } from "../../api/errors";
import { RequestText } from "../../ui/Act";
import { Dialog } from "../../ui/Dialog";
import { toast } from "../../ui/toast";

type Kind = "tel" | "sip" | "extension" | "agent";

const KINDS: ReadonlyArray<readonly [Kind, string, string]> = [
  ["tel", "Telephone number", "+15550100"],
  ["sip", "SIP address", "ann@example.com"],
  ["extension", "Extension", "101"],
  ["agent", "Agent", "the agent’s id"],
];

type Machine = "" | "detect" | "beep" | "hangup";

const MACHINES: ReadonlyArray<readonly [Machine, string, string]> = [
  ["", "It joins, like a person", ""],
  ["detect", "It joins, and an event says so", "Whoever answers joins a few seconds later: the greeting is listened to first."],
  ["beep", "It joins after its beep", "Then what the room says is recorded from its beginning."],
  ["hangup", "Hang up", "Whoever answers joins a few seconds later: the greeting is listened to first."],
];

/** Return what the call does when it is answered. */
function answered(room: string, machine: Machine): Pick<Schemas["CallBody"], "actions" | "machine_detection"> {
  const join = { type: "conference_join", option: { conference_id: room } };
  if (machine === "hangup") return { actions: [{ type: "amd", option: { machine_handle: "hangup" } }, join] } as Pick<Schemas["CallBody"], "actions">;
  return { actions: [join], ...(machine && { machine_detection: machine }) } as Pick<Schemas["CallBody"], "actions">;
}

export function DialOut({ room, close }: { room: string; close: () => void }) {
  const [kind, setKind] = useState<Kind>("tel");
  const [target, setTarget] = useState("");
  const [name, setName] = useState("");
  const [machine, setMachine] = useState<Machine>("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [, , example] = KINDS.find(([each]) => each === kind) ?? KINDS[0]!;
  const [, , machineHint] = MACHINES.find(([each]) => each === machine) ?? MACHINES[0]!;
  const body: Schemas["CallBody"] = {
    destinations: [{ type: kind, target: target.trim(), name }],
    ...answered(room, machine),
  } as Schemas["CallBody"];
  const what = request("post", "/v1.0/calls", { body });

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await send(what);
      toast(`Calling ${target}. It appears in the room when it answers.`);
      close();
    } catch (error) {
      setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog title="Call somebody into the room" close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <div class="field">
          <label for="kind">What to call</label>
          <select id="kind" value={kind} onChange={(event) => setKind(event.currentTarget.value as Kind)}>
            {KINDS.map(([each, label]) => <option key={each} value={each}>{label}</option>)}
          </select>
        </div>
        <div class="field">
          <label for="target">Address</label>
          <input id="target" required spellcheck={false} autocomplete="off" placeholder={example} value={target} onInput={(event) => setTarget(event.currentTarget.value)} />
          {kind === "tel" && <span class="hint">With the country code. Calls to numbers go out by a trunk.</span>}
        </div>
        <div class="field">
          <label for="called-name">Name in the room</label>
          <input id="called-name" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </div>
        <div class="field">
          <label for="machine">If an answering machine answers</label>
          <select id="machine" value={machine} onChange={(event) => setMachine(event.currentTarget.value as Machine)}>
            {MACHINES.map(([each, label]) => <option key={each} value={each}>{label}</option>)}
          </select>
          {machineHint && <span class="hint">{machineHint}</span>}
        </div>
        {problem && <p class="note bad" role="alert">{problem}</p>}
        <details class="disclosure"><summary>Show the request</summary><RequestText request={what} /></details>
        <footer class="dialog-foot">
          <button type="button" onClick={close}>Cancel</button>
          <button class="primary" type="submit" disabled={busy}>Call</button>
        </footer>
      </form>
    </Dialog>
  );
}

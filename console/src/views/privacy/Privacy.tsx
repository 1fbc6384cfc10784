// Privacy: what the server has of one person, as a file, and its erasure.
import { useState } from "preact/hooks";
import { fetchRaw, request, type Schemas } from "../../api/request";
import { Act, ShowRequest } from "../../ui/Act";
import { Icon } from "../../ui/Icon";
import { download } from "../../ui/download";
import { plural } from "../../ui/format";
import { toast, toastError } from "../../ui/toast";

type Rooms = NonNullable<Schemas["ErasureBody"]["rooms"]>;
type Report = Schemas["Erasure"];

const ROOMS: ReadonlyArray<readonly [Rooms, string, string]> = [
  ["stems", "Delete this voice’s own files", "The mix of the room stays, with the voice in it."],
  ["delete", "Delete the whole recordings", "Also what the others in the room said."],
  ["keep", "Keep them", "Nothing of them is deleted."],
];
const COUNTED: ReadonlyArray<readonly [keyof Report, string]> = [
  ["calls", "Calls"], ["participants", "Participants"], ["transcripts", "Transcripts"], ["messages", "Chat messages"], ["recordings", "Recordings"],
  ["stems", "Files with one voice"], ["traces", "Traces"], ["groupcalls", "Group calls"], ["activeflows", "Runs of flows"], ["events", "Events"],
];

export function Privacy() {
  const [party, setParty] = useState("");
  const [rooms, setRooms] = useState<Rooms>("stems");
  const [report, setReport] = useState<Report & { party: string }>();
  const named = party.trim();
  const exporting = request("post", "/v1.0/privacy/export", { body: { party: named } });
  const erasing = request("post", "/v1.0/privacy/erase", { body: { party: named, rooms } });
  const save = () => void fetchRaw(exporting).then((answer) => answer.blob()).then((file) => download(file, "person.ndjson")).catch(toastError);
  const erased = (answer: Report) => {
    setReport({ ...answer, party: named });
    toast(`What was found of ${named} is erased.`);
  };
  const [, , hint] = ROOMS.find(([each]) => each === rooms) ?? ROOMS[0]!;
  return (
    <>
      <div class="view-head"><div class="grow"><h1>Privacy</h1><p>What the server has of one person: get it as a file, or erase it</p></div></div>
      <section class="card padded stack narrow-form" aria-label="A person">
        <div class="field flush">
          <label for="party">Number, extension or SIP address</label>
          <input id="party" spellcheck={false} autocomplete="off" maxLength={255} placeholder="+15550100" value={party} onInput={(event) => setParty(event.currentTarget.value)} />
          <span class="hint">As it is shown in the calls of this person. Only what has exactly this address is found.</span>
        </div>
        <div class="row">
          <span class="act"><button type="button" disabled={!named} onClick={save}><Icon name="download" />Download what there is</button><ShowRequest request={exporting} /></span>
        </div>
      </section>
      <section class="card padded stack narrow-form section" aria-label="Erasure">
        <div class="field flush">
          <label for="rooms">Recordings of rooms</label>
          <select id="rooms" value={rooms} onChange={(event) => setRooms(event.currentTarget.value as Rooms)}>
            {ROOMS.map(([each, label]) => <option key={each} value={each}>{label}</option>)}
          </select>
          <span class="hint">{hint}</span>
        </div>
        <div class="row">
          <Act request={erasing} kind="danger" icon="remove" label="Erase this person" disabled={!named} done={erased}
            confirm={`What the server has of ${named} is erased: transcripts, chat messages, recordings and traces are deleted, and calls keep only their times. This cannot be undone.`}>Erase</Act>
        </div>
      </section>
      {report && <Erased report={report} />}
    </>
  );
}

function Erased({ report }: { report: Report & { party: string } }) {
  const found = COUNTED.filter(([name]) => Number(report[name]) > 0);
  return (
    <section class="card padded stack narrow-form section" aria-label="What was erased">
      <h2>Erased of {report.party}</h2>
      {found.length === 0 && <p class="muted">Nothing was found.</p>}
      {found.length > 0 && <dl class="facts">{found.map(([name, label]) => <><dt>{label}</dt><dd class="tabular">{String(report[name])}</dd></>)}</dl>}
      {report.calls_in_progress > 0 && <p class="note warn" role="status">{plural(report.calls_in_progress, "call")} not ended yet: erase again when they have.</p>}
      {report.recordings_kept.length > 0 && (
        <div>
          <p>{plural(report.recordings_kept.length, "recording")} of rooms still with this voice:</p>
          <ul>{report.recordings_kept.map((id) => <li key={id}><a href={`#/recordings/${id}`}>{id}</a></li>)}</ul>
        </div>
      )}
    </section>
  );
}

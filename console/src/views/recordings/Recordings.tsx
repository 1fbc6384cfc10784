// All recordings.
import { useEffect } from "preact/hooks";
import { request } from "../../api/request";
import { Act } from "../../ui/Act";
import { Listing, type Column } from "../../ui/Listing";
import { when } from "../../ui/format";
import { lengthOf, readNames, recordings, titleOf, type Recording } from "./list";

function State({ recording }: { recording: Recording }) {
  if (recording.error) return <span class="badge warn">{recording.error.replaceAll("_", " ")}</span>;
  if (recording.status === "recording") return <span class="light recording">{recording.paused ? "Paused" : "Recording"}</span>;
  if (recording.status === "ended" && recording.progress === null) return <span class="badge good">Complete</span>;
  return <span class="badge">{recording.progress === null ? recording.status : `encoding, ${Math.round(100 * recording.progress)} %`}</span>;
}

const COLUMNS: readonly Column<Recording>[] = [
  { title: "Recording", cell: (row) => <a class="title" href={`#/recordings/${row.id}`}>{titleOf(row)}</a> },
  { title: "State", cell: (row) => <State recording={row} /> },
  { title: "Format", cell: (row) => <span class="muted">{`${row.format}, ${row.channels}${row.stems ? ", stems" : ""}`}</span> },
  { title: "Started", cell: (row) => when(row.tm_start), number: true },
  { title: "Length", cell: lengthOf, number: true },
  {
    title: "",
    cell: (row) => row.status === "ended" && (
      <div class="actions">
        <Act request={request("delete", "/v1.0/recordings/{id}", { path: { id: row.id } })} kind="ghost icon danger" icon="close" label="Delete the recording"
          confirm="Its audio is deleted. This cannot be undone." done={() => void recordings.load()} />
      </div>
    ),
  },
];

export function Recordings() {
  useEffect(() => void readNames(recordings.rows.value), [recordings.rows.value]);
  return (
    <Listing title="Recordings" icon="recordings" collection={recordings} columns={COLUMNS} about="Rooms and calls, as they were heard"
      text={(row) => `${titleOf(row)} ${row.id} ${row.reference_id} ${row.format}`}
      none="Record a room with its button, or by `mixminus record ROOM`." />
  );
}

// Search in everything that was said.
import { useEffect, useState } from "preact/hooks";
import { request, send, type Schemas } from "../../api/request";
import { ShowRequest } from "../../ui/Act";
import { Search } from "../../ui/Search";
import { duration, when } from "../../ui/format";
import { Empty, ErrorNote, Loading } from "../../ui/notes";
import { speaker } from "../recordings/Transcript";

type Found = Schemas["Transcript"];

type Origin = Pick<Schemas["Transcribe"], "reference_type" | "reference_id">;

/** Return what was transcribed, by the ids of the transcribes: it is read when something is found. */
function useOrigins(found: readonly Found[]): ReadonlyMap<string, Origin> {
  const [origins, setOrigins] = useState<ReadonlyMap<string, Origin>>(new Map());
  useEffect(() => {
    const unknown = [...new Set(found.map(({ transcribe_id }) => transcribe_id))].filter((id) => !origins.has(id));
    for (const id of unknown) {
      send(request("get", "/v1.0/transcribes/{id}", { path: { id } }))
        .then((read) => setOrigins((before) => new Map(before).set(id, read)))
        .catch(() => undefined); // without it there is no link
    }
  }, [found]);
  return origins;
}

/** Where it was said, with a link to the place in the recording, or to the room. */
function Place({ utterance, origin }: { utterance: Found; origin?: Origin }) {
  const at = duration(utterance.start_s * 1000);
  if (origin?.reference_type === "recording") return <a href={`#/recordings/${origin.reference_id}?at=${utterance.start_s}`}>at {at} of a recording</a>;
  if (origin?.reference_type === "confbridge") return <>{at} after the beginning, in <a href={`#/rooms/${origin.reference_id}`}>a room</a></>;
  return <>{at} after the beginning</>;
}

const NOTHING: readonly Found[] = [];
const searching = (q: string) => request("get", "/v1.0/transcripts/search", { query: { q } });

export function Transcripts() {
  const [words, setWords] = useState("");
  const [found, setFound] = useState<readonly Found[]>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const origins = useOrigins(found ?? NOTHING);
  async function search(event: SubmitEvent) {
    event.preventDefault();
    if (!words.trim()) return;
    setBusy(true);
    setError(undefined);
    try {
      setFound((await send(searching(words.trim()))).result);
    } catch (failed) {
      setError(failed);
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      <div class="view-head"><div class="grow"><h1>Transcripts</h1><p>Search in what was said in rooms, calls and recordings</p></div></div>
      <form class="toolbar" role="search" onSubmit={(event) => void search(event)}>
        <Search name="words" aria-label="Words" placeholder="Words that were said" required value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        <button class="primary" type="submit" disabled={busy}>Search</button>
        <ShowRequest request={searching(words.trim())} />
      </form>
      {busy && <Loading />}
      {error !== undefined && <ErrorNote error={error} />}
      {!found && !busy && error === undefined && <Empty icon="transcripts" title="Find a sentence" text="All words must be in one utterance. The newest are shown first." />}
      {found?.length === 0 && <p class="page-note" role="status">Nothing was found.</p>}
      {found && found.length > 0 && (
        <ol class="card found">
          {found.map((each) => (
            <li key={each.id}>
              <p>{each.message}</p>
              <p class="muted small">{speaker(each)}, {when(each.tm_create)}, <Place utterance={each} origin={origins.get(each.transcribe_id)} /></p>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

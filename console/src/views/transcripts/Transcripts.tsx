// Search in everything that was said.
import { useState } from "preact/hooks";
import { request, send, type Schemas } from "../../api/request";
import { ShowRequest } from "../../ui/Act";
import { Search } from "../../ui/Search";
import { duration, when } from "../../ui/format";
import { Empty, ErrorNote, Loading } from "../../ui/notes";
import { speaker } from "../recordings/Transcript";

type Found = Schemas["Transcript"];

const searching = (q: string) => request("get", "/v1.0/transcripts/search", { query: { q } });

export function Transcripts() {
  const [words, setWords] = useState("");
  const [found, setFound] = useState<readonly Found[]>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
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
              <p class="muted small">{speaker(each)}, {when(each.tm_create)}, {duration(each.start_s * 1000)} after the beginning</p>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

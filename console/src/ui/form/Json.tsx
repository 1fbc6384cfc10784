// The editor of what has no form.
import { useState } from "preact/hooks";
import type { Described } from "./Editor";

/** Anything else, as JSON. */
export function Json({ value, described, onChange }: { value: unknown; described: Described; onChange: (value: unknown) => void }) {
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const [fault, setFault] = useState("");
  const read = (typed: string) => {
    setText(typed);
    try {
      onChange(typed.trim() ? JSON.parse(typed) : undefined);
      setFault("");
    } catch (error) {
      setFault(error instanceof Error ? error.message : "not JSON");
    }
  };
  return (
    <>
      <textarea {...described} spellcheck={false} value={text} aria-invalid={fault ? true : described["aria-invalid"]} onInput={(event) => read(event.currentTarget.value)} />
      {fault && <span class="fault" role="alert">Not valid JSON: {fault}</span>}
    </>
  );
}

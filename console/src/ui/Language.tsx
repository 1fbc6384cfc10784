// The language that is spoken, which speech to text needs to know; remembered in this browser.
import { useId, useState } from "preact/hooks";

const STORED = "mixminus.language";
const DEFAULT = "en-US";
/** Suggestions: a server takes all that its model has. */
const SUGGESTED = [
  ["en-US", "English"], ["es-ES", "Spanish"], ["fr-FR", "French"], ["de-DE", "German"], ["it-IT", "Italian"], ["pt-PT", "Portuguese"], ["nl-NL", "Dutch"],
  ["pl-PL", "Polish"], ["uk-UA", "Ukrainian"], ["tr-TR", "Turkish"], ["ja-JP", "Japanese"], ["ko-KR", "Korean"], ["zh-CN", "Chinese"], ["auto", "Found out for each sentence"],
] as const;

/** Return the language, and what sets it. */
export function useLanguage() {
  const [entered, setEntered] = useState(localStorage.getItem(STORED) ?? DEFAULT);
  const enter = (next: string) => {
    setEntered(next);
    localStorage.setItem(STORED, next);
  };
  return { entered, enter, language: entered.trim() || DEFAULT };
}

export function Language({ entered, enter }: Pick<ReturnType<typeof useLanguage>, "entered" | "enter">) {
  const id = useId();
  return (
    <div class="field flush language">
      <label for={id}>Spoken language</label>
      <input id={id} list={`${id}-list`} maxLength={16} placeholder={DEFAULT} spellcheck={false} autocomplete="off" value={entered} onInput={(event) => enter(event.currentTarget.value)} />
      <datalist id={`${id}-list`}>{SUGGESTED.map(([tag, name]) => <option key={tag} value={tag}>{name}</option>)}</datalist>
    </div>
  );
}

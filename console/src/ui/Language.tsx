// The language that is spoken, which speech to text needs to know. A room may have one, which holds unless another is entered.
import { useId, useState } from "preact/hooks";

const STORED = "mixminus.language";
/** Suggestions: a server takes all that its model has. */
const SUGGESTED = [
  ["en-US", "English"], ["es-ES", "Spanish"], ["fr-FR", "French"], ["de-DE", "German"], ["it-IT", "Italian"], ["pt-PT", "Portuguese"], ["nl-NL", "Dutch"],
  ["pl-PL", "Polish"], ["uk-UA", "Ukrainian"], ["tr-TR", "Turkish"], ["ja-JP", "Japanese"], ["ko-KR", "Korean"], ["zh-CN", "Chinese"], ["auto", "Found out for each sentence"],
] as const;

/** Return the language that was entered, empty for none, and what sets it; `remembered`: it begins with the last one of this browser. */
export function useLanguage(remembered: boolean) {
  const [entered, setEntered] = useState((remembered && localStorage.getItem(STORED)) || "");
  const enter = (next: string) => {
    setEntered(next);
    if (remembered) localStorage.setItem(STORED, next);
  };
  return { entered, enter, language: entered.trim() };
}

interface LanguageProps extends Pick<ReturnType<typeof useLanguage>, "entered" | "enter"> {
  /** What an empty field means. */
  placeholder: string;
}

export function Language({ entered, enter, placeholder }: LanguageProps) {
  const id = useId();
  return (
    <div class="field flush language">
      <label for={id}>Spoken language</label>
      <input id={id} list={`${id}-list`} maxLength={16} placeholder={placeholder} spellcheck={false} autocomplete="off" value={entered} onInput={(event) => enter(event.currentTarget.value)} />
      <datalist id={`${id}-list`}>{SUGGESTED.map(([tag, name]) => <option key={tag} value={tag}>{name}</option>)}</datalist>
    </div>
  );
}

// In which language texts are shown: as they were spoken, or translated.
const NAMES = new Intl.DisplayNames("en", { type: "language" });
/** What Debian has packages for, from English; the server refuses what is not installed, and says what to install. */
const FROM_ENGLISH: readonly string[] = ["es", "ca", "gl", "eo"];

/** What a spoken language can be translated to; all, where it is not known. */
export function translationsOf(spoken: string): readonly string[] {
  if (!spoken) return [...FROM_ENGLISH, "en"];
  if (spoken === "auto") return [];
  return spoken.startsWith("en") ? FROM_ENGLISH : ["en"];
}

interface TranslationProps {
  label: string;
  value: string;
  languages: readonly string[];
  change: (language: string) => void;
}

export function Translation({ label, value, languages, change }: TranslationProps) {
  const choices = [...new Set(value ? [value, ...languages] : languages)];
  return (
    <select aria-label={label} value={value} onChange={(event) => change(event.currentTarget.value)}>
      <option value="">As spoken</option>
      {choices.map((tag) => <option key={tag} value={tag}>{NAMES.of(tag)}</option>)}
    </select>
  );
}

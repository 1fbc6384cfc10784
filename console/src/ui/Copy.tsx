import { useState } from "preact/hooks";
import { Icon } from "./Icon";

const SHOWN_MS = 1500;

/** A button that copies a text. */
export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <button class="small icon-text" type="button" onClick={() => void copy()}>
      <Icon name={copied ? "check" : "copy"} />{copied ? "Copied" : label}
    </button>
  );
}

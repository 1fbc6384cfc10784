// The editor of an object with free keys.
import { useState } from "preact/hooks";
import { Icon } from "../Icon";
import type { Described, FieldHints } from "./Editor";
import { labelOf, type Schema } from "./schema";

interface PairsProps {
  values?: Schema;
  /** The values that can be chosen, with their words. */
  choices?: FieldHints["choices"];
  value: Record<string, string>;
  described: Described;
  onChange: (value: unknown) => void;
}

/** An object with free keys: a row for each. */
export function Pairs({ values, choices, value, described, onChange }: PairsProps) {
  const [rows, setRows] = useState<ReadonlyArray<readonly [string, string]>>(Object.entries(value));
  const options = choices ?? values?.enum?.map((each) => [String(each), labelOf(String(each))] as const);
  const first = options?.[0]?.[0] ?? "";
  const change = (next: ReadonlyArray<readonly [string, string]>) => {
    setRows(next);
    onChange(Object.fromEntries(next.filter(([key]) => key !== "")));
  };
  const set = (index: number, row: readonly [string, string]) => change(rows.map((each, at) => (at === index ? row : each)));
  return (
    <div class="pairs" role="group" aria-describedby={described["aria-describedby"]}>
      {rows.map(([key, text], index) => (
        <div class="pair" key={index}>
          <input aria-label="Key" value={key} spellcheck={false} onInput={(event) => set(index, [event.currentTarget.value, text])} />
          {options ? (
            <select aria-label="Value" value={text} onChange={(event) => set(index, [key, event.currentTarget.value])}>
              {options.map(([each, label]) => <option key={each} value={each}>{label}</option>)}
            </select>
          ) : (
            <input aria-label="Value" value={text} onInput={(event) => set(index, [key, event.currentTarget.value])} />
          )}
          <button class="ghost icon" type="button" aria-label="Remove" onClick={() => change(rows.filter((_, at) => at !== index))}><Icon name="close" /></button>
        </div>
      ))}
      <div><button id={described.id} class="small icon-text" type="button" onClick={() => change([...rows, ["", first]])}><Icon name="plus" size={15} />Add</button></div>
    </div>
  );
}

import { useState } from "preact/hooks";

interface Props {
  value: number;
  /** Ends included; what is beyond becomes the end when the field is left. */
  range: [number, number];
  step: number;
  set: (value: number) => void;
  label?: string;
  class?: string;
}

const isNumber = (text: string) => text.trim() !== "" && Number.isFinite(Number(text));

/** A number that keeps what is being typed until it is left, whatever is drawn anew meanwhile. */
export function NumberInput({ value, range: [low, high], step, set, label, class: kind }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const type = (text: string) => {
    setDraft(text);
    if (isNumber(text) && Number(text) >= low && Number(text) <= high) set(Number(text));
  };
  const leave = () => {
    if (draft !== null && isNumber(draft)) set(Math.min(Math.max(Number(draft), low), high));
    setDraft(null);
  };
  return (
    <input class={kind} type="number" inputMode="decimal" aria-label={label} step={step} value={draft ?? value} onInput={(event) => type(event.currentTarget.value)} onBlur={leave} />
  );
}

import { useState } from "preact/hooks";

/** Copies a text that is shown beside it. Browsers give pages without TLS no clipboard: then it is there to be selected. */
export function CopyButton({ text, kind }: { text: string; kind?: string }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied.");
    } catch {
      setSaid("The browser does not let this page copy: select the text instead.");
    }
  };
  return (
    <>
      <button class={kind} onClick={() => void copy()}>Copy</button>
      <span role="status">{said}</span>
    </>
  );
}

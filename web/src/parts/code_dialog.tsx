import { useState } from "preact/hooks";
import { useServed } from "../served";
import type { Ask } from "../server/answer";
import { asCurl, asPython } from "../steering/as_code";
import { Dialog } from "./dialog";

/** The request as code. Browsers give pages without TLS no clipboard: then the text is there to be selected. */
export function CodeDialog({ request, close }: { request: Ask; close: () => void }) {
  const { model } = useServed();
  const [language, setLanguage] = useState<"curl" | "Python">("curl");
  const [copied, setCopied] = useState("");
  const code = (language === "curl" ? asCurl : asPython)(request, model.id, location.origin);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      setCopied("Copied.");
    } catch {
      setCopied("The browser does not let this page copy: select the text instead.");
    }
  };
  return (
    <Dialog title="The steered request as code" close={close}>
      <div class="row" role="group" aria-label="Language">
        {(["curl", "Python"] as const).map((each) => (
          <button key={each} aria-pressed={each === language} onClick={() => (setLanguage(each), setCopied(""))}>{each}</button>
        ))}
      </div>
      <pre class="code" tabIndex={0} aria-label={`Request in ${language}`}>{code}</pre>
      <p class="quiet">Your key is not in it: set CONTRANS_KEY.</p>
      <div class="row">
        <button class="main" onClick={() => void copy()}>Copy</button>
        <button onClick={close}>Close</button>
        <span role="status">{copied}</span>
      </div>
    </Dialog>
  );
}

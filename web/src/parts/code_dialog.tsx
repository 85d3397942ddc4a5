import { useState } from "preact/hooks";
import { useServed } from "../served";
import type { Ask } from "../server/answer";
import { asCurl, asPython } from "../steering/as_code";
import { CopyButton } from "./copy_button";
import { Dialog } from "./dialog";

/** The request as code. */
export function CodeDialog({ request, close }: { request: Ask; close: () => void }) {
  const { model } = useServed();
  const [language, setLanguage] = useState<"curl" | "Python">("curl");
  const code = (language === "curl" ? asCurl : asPython)(request, model.id, location.origin);
  return (
    <Dialog title="The steered request as code" close={close}>
      <div class="row" role="group" aria-label="Language">
        {(["curl", "Python"] as const).map((each) => (
          <button key={each} aria-pressed={each === language} onClick={() => setLanguage(each)}>{each}</button>
        ))}
      </div>
      <pre class="code" tabIndex={0} aria-label={`Request in ${language}`}>{code}</pre>
      <p class="quiet">Your key is not in it: set CONTRANS_KEY.</p>
      <div class="row">
        <CopyButton key={language} text={code} kind="main" />
        <button onClick={close}>Close</button>
      </div>
    </Dialog>
  );
}

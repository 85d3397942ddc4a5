import { useState } from "preact/hooks";
import { currentKey, keepKey } from "../server/client";
import type { Problem } from "../server/problem";
import { Dialog } from "./dialog";
import { Notice } from "./notice";

/** Asks for the key; it stays in this tab. */
export function KeyDialog({ problem, done }: { problem: Problem | null; done: () => void }) {
  const [key, setKey] = useState(currentKey());
  const submit = (event: Event) => {
    event.preventDefault();
    keepKey(key.trim());
    done();
  };
  return (
    <Dialog title="Key" close={done}>
      {problem && <Notice problem={problem} />}
      <form onSubmit={submit}>
        <label>
          API key
          <input type="password" autocomplete="off" autofocus value={key} onInput={(event) => setKey(event.currentTarget.value)} />
        </label>
        <p class="quiet">Kept in this tab alone and forgotten when it is closed. Leave it empty where the server asks for none.</p>
        <div class="row">
          <button class="main">Use this key</button>
        </div>
      </form>
    </Dialog>
  );
}

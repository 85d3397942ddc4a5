import { useState } from "preact/hooks";
import type { Persona } from "../keep/personas";
import { RoleNotice } from "../parts/role_notice";
import { Dialog } from "../parts/dialog";
import { useServed } from "../served";
import { saveShared, type SharedPersona } from "../server/personas";
import { asProblem, type Problem } from "../server/problem";
import { describeMix } from "../steering/mix";
import { sharedName, sharedOf } from "../steering/shared";

const shape = "[A-Za-z0-9._\\-]{1,128}";

/** What the name means among those that the team has. */
function Meaning({ name, list }: { name: string; list: SharedPersona[] }) {
  const there = list.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (!there) return <p class="quiet">A new persona, version 1.</p>;
  return <p class="quiet">The team has it: this becomes its next version, after {there.version} by {there.author}.</p>;
}

/** Asks under which name one of the person's own goes to the team. */
export function ShareDialog({ persona, list, shared, close }: { persona: Persona; list: SharedPersona[]; shared: (name: string) => void; close: () => void }) {
  const { report } = useServed();
  const [name, setName] = useState(() => sharedName(persona.name));
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setProblem(null);
    try {
      shared((await saveShared(name, note, sharedOf(persona.mix))).name);
    } catch (error) {
      setProblem(asProblem(error));
      report(asProblem(error));
    }
  };
  return (
    <Dialog title="Share with the team" close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <p>{describeMix(persona.mix)}</p>
        <label>Name for requests and plans <input value={name} pattern={shape} title="1 to 128 letters, digits, '-', '_' or '.'" required onInput={(event) => setName(event.currentTarget.value)} /></label>
        <Meaning name={name} list={list} />
        <label>Note <input value={note} maxLength={250} placeholder="a line for the others" onInput={(event) => setNote(event.currentTarget.value)} /></label>
        {problem && <RoleNotice problem={problem} what="Personas are shared" role="load" />}
        <div class="row">
          <button class="main">Share</button>
          <button type="button" onClick={close}>Cancel</button>
        </div>
      </form>
    </Dialog>
  );
}

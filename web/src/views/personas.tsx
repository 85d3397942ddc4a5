import { useEffect, useState } from "preact/hooks";
import { freshId, keepPersonas, personasFrom, personasText, readPersonas, readyMade, type Persona } from "../keep/personas";
import { download } from "../parts/download";
import { MixEditor } from "../parts/mix_editor";
import { Notice } from "../parts/notice";
import { useServed } from "../served";
import { describeMix, namesOf } from "../steering/mix";
import { handToPlayground } from "./playground_state";

const fileName = (name: string) => `${name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "persona"}.persona.json`;

/** Kept ones; on the first visit, ready-made ones from what is loaded. */
function usePersonas() {
  const { concepts } = useServed();
  const [personas, setPersonas] = useState(() => readPersonas() ?? readyMade(concepts));
  const [unkept, setUnkept] = useState(false);
  const keep = (changed: Persona[]) => {
    setPersonas(changed);
    setUnkept(!keepPersonas(changed));
  };
  useEffect(() => {
    if (readPersonas() === null && personas.length > 0) keep(personas);
  }, []);
  return { personas, keep, unkept };
}

function Editor({ persona, change }: { persona: Persona; change: (persona: Persona) => void }) {
  const { concepts, wantDetails } = useServed();
  useEffect(() => wantDetails(namesOf(persona.mix).filter((name) => concepts.some((each) => each.name === name))), [persona.mix, concepts]);
  const tryIt = () => {
    handToPlayground(persona.mix);
    location.hash = "#playground";
  };
  return (
    <section class="panel narrow" aria-label={`Persona ${persona.name}`}>
      <label>Name <input value={persona.name} maxLength={80} onInput={(event) => event.currentTarget.value.trim() !== "" && change({ ...persona, name: event.currentTarget.value })} /></label>
      <MixEditor mix={persona.mix} change={(mix) => change({ ...persona, mix })} />
      <div class="row">
        <button class="main" onClick={tryIt}>Try in the playground</button>
        <button onClick={() => download(fileName(persona.name), personasText([persona]), "application/json")}>Export</button>
      </div>
    </section>
  );
}

export function Personas() {
  const { personas, keep, unkept } = usePersonas();
  const [id, setId] = useState(personas[0]?.id ?? "");
  const [problem, setProblem] = useState<{ message: string } | null>(null);
  const shown = personas.find((persona) => persona.id === id) ?? personas[0];
  const add = (persona: Persona) => {
    keep([...personas, persona]);
    setId(persona.id);
  };
  const remove = (persona: Persona) => confirm(`Delete ${persona.name}?`) && keep(personas.filter((each) => each !== persona));
  const load = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    try {
      const got = personasFrom(await file.text());
      keep([...personas, ...got]);
      setId(got[0]?.id ?? id);
      setProblem(null);
    } catch (error) {
      setProblem({ message: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <div class="library">
      <aside class="panel">
        <h2>Personas <span class="quiet">kept in this browser</span></h2>
        <ul class="names">
          {personas.map((persona) => (
            <li key={persona.id}>
              <button aria-pressed={persona === shown} onClick={() => setId(persona.id)}>
                <span>{persona.name}</span>
                <span class="quiet">{describeMix(persona.mix)}</span>
              </button>
            </li>
          ))}
        </ul>
        <div class="row wrap">
          <button class="small" onClick={() => add({ id: freshId(), name: "New persona", mix: [] })}>New</button>
          {shown && <button class="small" onClick={() => add({ ...shown, id: freshId(), name: `${shown.name} (copy)` })}>Copy</button>}
          {shown && <button class="small" onClick={() => remove(shown)}>Delete</button>}
          <button class="small" disabled={personas.length === 0} onClick={() => download("personas.json", personasText(personas), "application/json")}>Export all</button>
          <label class="button small">Import<input class="unseen" type="file" accept="application/json,.json" onChange={(event) => void load(event.currentTarget)} /></label>
        </div>
        {problem && <Notice problem={problem} />}
        {unkept && <Notice problem={{ message: "The browser could not keep this: export it before you close the page." }} />}
      </aside>
      {shown ? <Editor key={shown.id} persona={shown} change={(changed) => keep(personas.map((each) => (each.id === changed.id ? changed : each)))} /> : <p class="panel quiet">No personas yet: make one with New.</p>}
    </div>
  );
}

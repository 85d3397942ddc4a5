import { useEffect, useState } from "preact/hooks";
import { freshId, keepPersonas, personasFrom, personasText, readPersonas, readyMade, type Persona } from "../keep/personas";
import { download } from "../parts/download";
import { MixEditor } from "../parts/mix_editor";
import { Notice } from "../parts/notice";
import { useServed } from "../served";
import type { SharedPersona } from "../server/personas";
import { describeMix, namesOf, type Mix } from "../steering/mix";
import { mixOf, referenceOf } from "../steering/shared";
import { handToPlayground } from "./playground_state";
import { clock } from "./rollout_details";
import { ShareDialog } from "./share_dialog";
import { loadNotice, SharedEditor } from "./shared_persona";
import { useMayShare, useShared, type Shared } from "./shared_state";

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

const tryMix = (mix: Mix) => {
  handToPlayground(mix);
  location.hash = "#playground";
};

interface EditorProps {
  persona: Persona;
  change: (persona: Persona) => void;
  /** Null: there is nobody to share it with. */
  share: (() => void) | null;
}

function Editor({ persona, change, share }: EditorProps) {
  const { concepts, wantDetails } = useServed();
  useEffect(() => wantDetails(namesOf(persona.mix).filter((name) => concepts.some((each) => each.name === name))), [persona.mix, concepts]);
  return (
    <section class="panel narrow" aria-label={`Persona ${persona.name}`}>
      <label>Name <input value={persona.name} maxLength={80} onInput={(event) => event.currentTarget.value.trim() !== "" && change({ ...persona, name: event.currentTarget.value })} /></label>
      <MixEditor mix={persona.mix} change={(mix) => change({ ...persona, mix })} />
      <div class="row">
        <button class="main" onClick={() => tryMix(persona.mix)}>Try in the playground</button>
        {share && <button disabled={persona.mix.length === 0} onClick={share}>Share</button>}
        <button onClick={() => download(fileName(persona.name), personasText([persona]), "application/json")}>Export</button>
      </div>
    </section>
  );
}

/** What the team has, or why it has nothing here. */
function Team({ shared, may, shown, choose }: { shared: Shared; may: boolean | null; shown: SharedPersona | null; choose: (name: string) => void }) {
  const { list, problem } = shared;
  return (
    <section class="part" aria-label="Shared by the team">
      <h2>Shared by the team <span class="quiet">{list && list.length > 0 ? list.length : ""}</span></h2>
      {list && (
        <ul class="names">
          {list.map((each) => (
            <li key={each.name}>
              <button aria-pressed={each.name === shown?.name} onClick={() => choose(each.name)}>
                <span>{referenceOf(each)}</span>
                <span class="quiet">{describeMix(mixOf(each.concepts))}</span>
                <span class="quiet">{clock(each.saved)} by {each.author}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {list?.length === 0 && <p class="quiet">Nothing yet: choose one of yours and share it.</p>}
      {problem?.code === "no_registry" && <p class="quiet">This server has no registry, so nothing is shared: contrans serve --registry FOLDER.</p>}
      {problem && problem.code !== "no_registry" && <Notice problem={problem} />}
      {list && may === false && <p class="quiet">{loadNotice}</p>}
    </section>
  );
}

type Choice = { where: "mine" | "team"; which: string };

export function Personas() {
  const { personas, keep, unkept } = usePersonas();
  const shared = useShared();
  const may = useMayShare();
  const [choice, setChoice] = useState<Choice>({ where: "mine", which: personas[0]?.id ?? "" });
  const [sharing, setSharing] = useState(false);
  const [problem, setProblem] = useState<{ message: string } | null>(null);
  const team = choice.where === "team" ? (shared.list?.find((each) => each.name === choice.which) ?? null) : null;
  const shown = team ? undefined : (personas.find((persona) => persona.id === choice.which) ?? personas[0]);
  const showMine = (which: string) => setChoice({ where: "mine", which });
  const showTeam = (which: string) => setChoice({ where: "team", which });
  const add = (persona: Persona) => {
    keep([...personas, persona]);
    showMine(persona.id);
  };
  const remove = (persona: Persona) => confirm(`Delete ${persona.name}?`) && keep(personas.filter((each) => each !== persona));
  const changed = (name: string | null) => {
    setSharing(false);
    if (name === null) showMine(personas[0]?.id ?? "");
    void shared.refresh().then(() => name !== null && showTeam(name));
  };
  const load = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    try {
      const got = personasFrom(await file.text());
      keep([...personas, ...got]);
      showMine(got[0]?.id ?? choice.which);
      setProblem(null);
    } catch (error) {
      setProblem({ message: error instanceof Error ? error.message : String(error) });
    }
  };
  const mayShare = shared.list !== null && may !== false;
  return (
    <div class="library">
      <aside class="panel">
        <Team shared={shared} may={may} shown={team} choose={showTeam} />
        <section class="part" aria-label="Kept in this browser">
          <h2>Kept in this browser</h2>
          <ul class="names">
            {personas.map((persona) => (
              <li key={persona.id}>
                <button aria-pressed={persona === shown} onClick={() => showMine(persona.id)}>
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
        </section>
      </aside>
      {team && <SharedEditor key={`${team.name}@${team.version} of ${team.versions.length}`} persona={team} may={may} changed={changed} copy={(name, mix) => add({ id: freshId(), name, mix })} tryMix={tryMix} />}
      {shown && <Editor key={shown.id} persona={shown} change={(mine) => keep(personas.map((each) => (each.id === mine.id ? mine : each)))} share={mayShare ? () => setSharing(true) : null} />}
      {!team && !shown && <p class="panel quiet">No personas yet: make one with New.</p>}
      {sharing && shown && <ShareDialog persona={shown} list={shared.list ?? []} shared={changed} close={() => setSharing(false)} />}
    </div>
  );
}

// One persona of the team's: its versions, and what becomes of it.
import { useEffect, useState } from "preact/hooks";
import { RoleNotice } from "../parts/role_notice";
import { MixEditor } from "../parts/mix_editor";
import { useServed } from "../served";
import { removeShared, saveShared, showShared, type SharedPersona } from "../server/personas";
import { asProblem, type Problem } from "../server/problem";
import { namesOf, type Mix } from "../steering/mix";
import { mixOf, sameMix, sharedOf } from "../steering/shared";
import { clock } from "./rollout_details";

interface Props {
  persona: SharedPersona;
  may: boolean | null;
  /** After a change; what is to be shown then. */
  changed: (name: string | null) => void;
  copy: (name: string, mix: Mix) => void;
  tryMix: (mix: Mix) => void;
}

export const loadNotice = "Changing what the team shares takes a key of role load; this one may use it.";

function Versions({ persona, shown, choose }: { persona: SharedPersona; shown: SharedPersona; choose: (version: number) => void }) {
  return (
    <label class="inline">Version
      <select value={shown.version} onChange={(event) => choose(Number(event.currentTarget.value))}>
        {persona.versions.map(({ version, author, saved }) => <option key={version} value={version}>{`${version}, ${clock(saved)} by ${author}`}</option>)}
      </select>
    </label>
  );
}

export function SharedEditor({ persona, may, changed, copy, tryMix }: Props) {
  const { concepts, wantDetails, report } = useServed();
  const [shown, setShown] = useState(persona);
  const [mix, setMix] = useState(() => mixOf(persona.concepts));
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => wantDetails(namesOf(mix).filter((name) => concepts.some((each) => each.name === name))), [mix, concepts]);
  const attempt = async (step: () => Promise<void>) => {
    setProblem(null);
    try {
      await step();
    } catch (error) {
      setProblem(asProblem(error));
      report(asProblem(error));
    }
  };
  const choose = (version: number) =>
    attempt(async () => {
      const got = await showShared(persona.name, version);
      setShown(got);
      setMix(mixOf(got.concepts));
    });
  const save = () =>
    attempt(async () => {
      await saveShared(persona.name, note, sharedOf(mix));
      changed(persona.name);
    });
  const remove = (version?: number) => {
    const what = version === undefined ? `all versions of ${persona.name}` : `version ${version} of ${persona.name}`;
    if (!confirm(`Delete ${what} for everybody? Requests that name it will be refused; rollouts keep its concepts.`)) return;
    void attempt(async () => {
      await removeShared(persona.name, version);
      changed(version === undefined || persona.versions.length === 1 ? null : persona.name);
    });
  };
  const untouched = sameMix(mix, mixOf(persona.concepts));
  return (
    <section class="panel narrow" aria-label={`Shared persona ${persona.name}`}>
      <h2>{persona.name} <span class="quiet">version {shown.version} of {persona.versions[0]?.version}, by {shown.author}; owner {persona.owner}</span></h2>
      <Versions persona={persona} shown={shown} choose={(version) => void choose(version)} />
      {shown.note !== "" && <p class="said">{shown.note}</p>}
      <MixEditor mix={mix} change={setMix} />
      <div class="row">
        <button class="main" onClick={() => tryMix(mix)}>Try in the playground</button>
        <button onClick={() => copy(persona.name, mix)}>Copy to mine</button>
      </div>
      <label>What is new <input value={note} maxLength={250} placeholder="a line for the others" disabled={may === false} onInput={(event) => setNote(event.currentTarget.value)} /></label>
      <div class="row">
        <button disabled={may === false || mix.length === 0 || untouched} onClick={() => void save()}>Save as version {(persona.versions[0]?.version ?? 0) + 1}</button>
        <button disabled={may === false} onClick={() => remove(shown.version)}>Delete version {shown.version}</button>
        {persona.versions.length > 1 && <button disabled={may === false} onClick={() => remove()}>Delete all {persona.versions.length}</button>}
      </div>
      {may === false && <p class="quiet">{loadNotice}</p>}
      {problem && <RoleNotice problem={problem} what="The team's personas are changed" role="load" />}
    </section>
  );
}

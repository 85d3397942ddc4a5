// A choice among the personas that the team shares and those kept in this browser.
import { readPersonas, readyMade, type Persona } from "../keep/personas";
import { useServed } from "../served";
import type { SharedPersona } from "../server/personas";
import { referenceOf } from "../steering/shared";
import { useShared } from "../views/shared_state";

interface Props {
  own: (persona: Persona) => void;
  shared: (persona: SharedPersona) => void;
}

export function PersonaChoice({ own, shared }: Props) {
  const { concepts } = useServed();
  const { list } = useShared();
  const mine = readPersonas() ?? readyMade(concepts);
  const team = list ?? [];
  const choose = (value: string) => {
    const [where, at] = [value.slice(0, 1), Number(value.slice(1))];
    const [theirs, its] = [team[at], mine[at]];
    if (where === "s" && theirs) shared(theirs);
    if (where === "o" && its) own(its);
  };
  const options = mine.map(({ id, name }, i) => <option key={id} value={`o${i}`}>{name}</option>);
  return (
    <label class="inline">From a persona
      <select value="" onChange={(event) => (choose(event.currentTarget.value), (event.currentTarget.value = ""))}>
        <option value="">choose …</option>
        {team.length > 0 && <optgroup label="Shared by the team">{team.map((each, i) => <option key={each.name} value={`s${i}`}>{referenceOf(each)}</option>)}</optgroup>}
        {team.length > 0 ? <optgroup label="Kept in this browser">{options}</optgroup> : options}
      </select>
    </label>
  );
}

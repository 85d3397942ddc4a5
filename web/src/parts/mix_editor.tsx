// Concepts with their doses: one row a concept, the rest behind "more".
import { useId } from "preact/hooks";
import { useServed } from "../served";
import type { Operator, ServedConcept, TokenRange } from "../server/types";
import { budgetOf, damageOf, type Damage } from "../steering/damage";
import { NumberInput } from "./number_input";
import { clamped, mostConcepts, namesOf, partOf, rangeOf, rounded, signed, usualOf, withOperator, type Mix, type MixPart } from "../steering/mix";

const operatorWords: [Operator, string][] = [
  ["add", "add the concept"],
  ["add_keeping_norm", "add, keep the state's length"],
  ["project_out", "take the concept out"],
  ["clamp", "hold it at the dose"],
];
const rangeWords: [TokenRange, string][] = [
  ["both", "prompt and answer"],
  ["prompt", "the prompt alone"],
  ["generated", "the answer alone"],
];

const damageWords: Record<Damage["how"], string> = {
  measured: "measured at this dose",
  between: "between measured doses",
  beyond: "beyond the measured doses",
  "other sign": "as if both directions cost alike",
};

export const nats = (value: number) => `${value < 0.995 ? value.toFixed(2) : value.toFixed(1)} nat`;

/** A damage, and whether it is more than the vectors were chosen under. */
function Cost({ nats: cost, budget, words }: { nats: number; budget: number | null; words: string }) {
  const over = budget !== null && cost > 1.1 * budget;
  return (
    <>
      about {nats(cost)} <span class="quiet">({words})</span>
      {over && <strong> over the budget of {nats(budget)} that was searched under: expect broken text</strong>}
    </>
  );
}

function DamageLine({ damage, budget }: { damage: Damage | null; budget: number | null }) {
  if (!damage) return <p class="damage unknown">damage not measured</p>;
  return <p class="damage">damage <Cost nats={damage.nats} budget={budget} words={damageWords[damage.how]} /></p>;
}

/** Where a value lies on the slider's track, as its thumb's middle goes. */
const share = (value: number, [low, high]: [number, number]) => (value - low) / (high - low);

function Marks({ part, concept }: { part: MixPart; concept: ServedConcept }) {
  const range = rangeOf(part, concept);
  const usual = usualOf(part, concept);
  const mark = (value: number, text: string, kind: string) => (
    <span class={`mark ${kind}`} style={{ "--at": share(value, range) }} key={kind}>{text}</span>
  );
  return (
    <div class="marks" aria-hidden="true">
      {part.operator !== "project_out" && mark(0, "0", "zero")}
      {mark(usual, `usual ${signed(usual)}`, usual === range[1] ? "usual end" : "usual")}
    </div>
  );
}

/** The version that a shared persona holds a server to. */
const Pinned = ({ part }: { part: MixPart }) => (part.version === undefined ? null : <span class="quiet">version {part.version}</span>);

interface RowProps {
  part: MixPart;
  concept: ServedConcept;
  change: (part: MixPart) => void;
  remove: () => void;
}

function More({ part, concept, change }: RowProps) {
  return (
    <details class="extra">
      <summary>more</summary>
      <div class="fields">
        <label>How
          <select value={part.operator} onChange={(event) => change(withOperator(part, event.currentTarget.value as Operator, concept))}>
            {operatorWords.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
          </select>
        </label>
        <label>Where
          <select value={part.tokens} onChange={(event) => change({ ...part, tokens: event.currentTarget.value as TokenRange })}>
            {rangeWords.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
          </select>
        </label>
      </div>
    </details>
  );
}

function Row(props: RowProps) {
  const { part, concept, change, remove } = props;
  const { details } = useServed();
  const [low, high] = rangeOf(part, concept);
  const id = useId();
  const slide = (text: string) => change({ ...part, dose: clamped(Number(text), [low, high]) });
  return (
    <li class="mixrow">
      <div class="mixhead">
        <label for={id}>{part.name}</label>
        <Pinned part={part} />
        <NumberInput class="dose" label={`Dose of ${part.name}`} range={[low, high]} step={0.01} value={rounded(part.dose)} set={(dose) => change({ ...part, dose })} />
        <button type="button" class="small" onClick={() => change({ ...part, dose: usualOf(part, concept) })} aria-label={`Usual dose of ${part.name}`}>usual</button>
        <button type="button" class="small" onClick={remove} aria-label={`Remove ${part.name}`}>×</button>
      </div>
      <input id={id} type="range" min={low} max={high} step={(high - low) / 300} value={part.dose} aria-valuetext={`dose ${signed(part.dose)}`} onInput={(event) => slide(event.currentTarget.value)} />
      <Marks part={part} concept={concept} />
      <div class="under">
        <DamageLine damage={damageOf(part, concept, details[part.name])} budget={budgetOf(details[part.name])} />
        <More {...props} />
      </div>
    </li>
  );
}

function MissingRow({ part, remove }: { part: MixPart; remove: () => void }) {
  return (
    <li class="mixrow missing">
      <div class="mixhead">
        <span>{part.name}</span>
        <Pinned part={part} />
        <span class="quiet">not loaded on this server</span>
        <button type="button" class="small" onClick={remove} aria-label={`Remove ${part.name}`}>×</button>
      </div>
    </li>
  );
}

/** Of all concepts together, where every one is known. */
function Total({ mix }: { mix: Mix }) {
  const { concepts, details } = useServed();
  if (mix.length < 2) return null;
  const all = mix.map((part) => {
    const concept = concepts.find((each) => each.name === part.name);
    return concept ? damageOf(part, concept, details[part.name]) : null;
  });
  if (all.some((each) => each === null)) return null;
  const sum = all.reduce((total, each) => total + (each?.nats ?? 0), 0);
  const budgets = mix.map((part) => budgetOf(details[part.name])).filter((budget) => budget !== null);
  const words = "the sum: right where concepts do not point the same way; see the library";
  return <p class="damage">together <Cost nats={sum} budget={budgets.length ? Math.min(...budgets) : null} words={words} /></p>;
}

export function MixEditor({ mix, change }: { mix: Mix; change: (mix: Mix) => void }) {
  const { concepts } = useServed();
  const left = concepts.filter((concept) => !namesOf(mix).includes(concept.name));
  const add = (name: string) => {
    const concept = concepts.find((each) => each.name === name);
    if (concept) change([...mix, partOf(concept, mix.length === 0 ? 1 : 0.5)]); // several usual doses would add up
  };
  const replace = (at: number, part: MixPart) => change(mix.map((each, i) => (i === at ? part : each)));
  const remove = (at: number) => change(mix.filter((_, i) => i !== at));
  return (
    <div class="mix">
      <ul>
        {mix.map((part, i) => {
          const concept = concepts.find((each) => each.name === part.name);
          if (!concept) return <MissingRow key={part.name} part={part} remove={() => remove(i)} />;
          return <Row key={part.name} part={part} concept={concept} change={(changed) => replace(i, changed)} remove={() => remove(i)} />;
        })}
      </ul>
      <Total mix={mix} />
      {concepts.length === 0 && <p class="quiet">No concept is loaded: start the server with --vectors, or load a file in the library.</p>}
      {left.length > 0 && mix.length < mostConcepts && (
        <label class="add">
          <span class="unseen">Add a concept</span>
          <select value="" onChange={(event) => (add(event.currentTarget.value), (event.currentTarget.value = ""))}>
            <option value="">+ Add a concept …</option>
            {left.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
      )}
    </div>
  );
}

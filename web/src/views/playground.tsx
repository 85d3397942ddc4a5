import { useEffect, useMemo, useState } from "preact/hooks";
import { AnswerPane, tintOf } from "../parts/answer_pane";
import { CodeDialog } from "../parts/code_dialog";
import { LineChart } from "../parts/line_chart";
import { MixEditor } from "../parts/mix_editor";
import { NumberInput } from "../parts/number_input";
import { PersonaChoice } from "../parts/persona_choice";
import { useTwoAnswers } from "../parts/two_answers";
import { useServed } from "../served";
import type { Answer, Ask } from "../server/answer";
import type { AppliedConcept } from "../server/types";
import { choicesOf, describeMix, namesOf, signed } from "../steering/mix";
import { mixOf } from "../steering/shared";
import { keepPlayground, readPlayground, type PlaygroundState } from "./playground_state";

const askOf = (state: PlaygroundState, served: ReturnType<typeof useServed>): Ask => {
  const loaded = state.mix.filter((part) => served.concepts.some((concept) => concept.name === part.name));
  return {
    kind: state.kind,
    prompt: state.prompt,
    max_tokens: state.maxTokens,
    temperature: state.temperature,
    seed: state.seed,
    concepts: choicesOf(loaded, served.concepts),
    projections: namesOf(loaded),
  };
};

function Applied({ applied }: { applied: AppliedConcept[] }) {
  if (applied.length === 0) return null;
  return (
    <details class="applied">
      <summary>What was applied</summary>
      <div class="scroll" tabIndex={0} role="group" aria-label="What was applied">
        <table>
          <thead><tr><th scope="col">concept</th><th scope="col">dose</th><th scope="col">coefficient</th><th scope="col">how</th><th scope="col">where</th><th scope="col">layers</th></tr></thead>
          <tbody>
            {applied.map((each) => (
              <tr key={each.concept}>
                <th scope="row">{each.concept}</th>
                <td>{signed(each.dose)}</td>
                <td>{each.coefficient === null ? "unknown" : signed(each.coefficient)}</td>
                <td>{each.operator}</td>
                <td>{each.tokens}</td>
                <td>{each.layers.join(", ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

const signalsOf = (answer: Answer, name: string, n: number) => Array.from({ length: n }, (_, i) => answer.pieces[i]?.doses[name] ?? null);
const meanOf = (values: (number | null)[]) => {
  const known = values.filter((value): value is number => value !== null);
  return known.length ? known.reduce((sum, each) => sum + each, 0) / known.length : null;
};

/** Each answer's signal, token by token. */
function Signal({ name, base, steered }: { name: string; base: Answer; steered: Answer }) {
  const n = Math.max(base.pieces.length, steered.pieces.length);
  const drawn = useMemo(() => {
    const x = Array.from({ length: n }, (_, i) => i + 1);
    return {
      x,
      lines: [
        { name: "unsteered", colour: "--base", values: signalsOf(base, name, n), dashed: true },
        { name: "steered", colour: "--accent", values: signalsOf(steered, name, n) },
      ],
    };
  }, [base, steered, name]);
  const [own, other] = drawn.lines.map((line) => meanOf(line.values));
  if (n < 2 || own == null || other == null) return null;
  const summary = `Signal of ${name} by token: mean ${signed(own)} unsteered, ${signed(other)} steered.`;
  return (
    <section class="panel" aria-label={`Signal of ${name}`}>
      <h2>Signal of {name} <span class="quiet">mean {signed(own)} unsteered, {signed(other)} steered, in units of dose</span></h2>
      <LineChart summary={summary} xName="token" {...drawn} />
    </section>
  );
}

interface FieldsProps {
  state: PlaygroundState;
  change: (change: Partial<PlaygroundState>) => void;
}

function Sampling({ state, change }: FieldsProps) {
  const { model } = useServed();
  return (
    <details class="extra">
      <summary>length, temperature, seed</summary>
      <div class="fields">
        <label>Tokens <NumberInput value={state.maxTokens} range={[1, model.contrans.context]} step={1} set={(maxTokens) => change({ maxTokens: Math.round(maxTokens) })} /></label>
        <label>Temperature <NumberInput value={state.temperature} range={[0, 5]} step={0.1} set={(temperature) => change({ temperature })} /></label>
        <label>Seed <NumberInput value={state.seed} range={[0, 4294967295]} step={1} set={(seed) => change({ seed: Math.round(seed) })} /></label>
      </div>
    </details>
  );
}

function Prompt({ state, change }: FieldsProps) {
  const kinds = [["chat", "Chat"], ["plain", "Plain text"]] as const;
  return (
    <>
      <div class="segments" role="group" aria-label="Kind of prompt">
        {kinds.map(([kind, words]) => <button key={kind} type="button" aria-pressed={state.kind === kind} onClick={() => change({ kind })}>{words}</button>)}
      </div>
      <label>
        Prompt
        <textarea rows={5} value={state.prompt} onInput={(event) => change({ prompt: event.currentTarget.value })} />
      </label>
    </>
  );
}

export function Playground() {
  const served = useServed();
  const [state, setState] = useState(() => readPlayground(served.model, served.concepts));
  const [showsCode, setShowsCode] = useState(false);
  const [watched, setWatched] = useState("");
  const answers = useTwoAnswers();
  const change = (changed: Partial<PlaygroundState>) => setState((before) => ({ ...before, ...changed }));
  useEffect(() => void keepPlayground(state), [state]);
  useEffect(() => served.wantDetails(namesOf(state.mix).filter((name) => served.concepts.some((each) => each.name === name))), [state.mix, served.concepts]);

  const request = askOf(state, served);
  const signals = [...new Set([...answers.base.answer.pieces, ...answers.steered.answer.pieces].flatMap((piece) => Object.keys(piece.doses)))];
  const name = signals.includes(watched) ? watched : (signals[0] ?? "");
  const tint = name === "" ? null : tintOf(name, answers.base.answer, answers.steered.answer);
  const run = (event?: Event) => {
    event?.preventDefault();
    if (state.prompt.trim() !== "") answers.start(request);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run(event);
    if (event.key === "Escape" && answers.running) answers.stop();
  };
  return (
    <div class="playground" onKeyDown={keys}>
      <form class="panel controls" noValidate onSubmit={run}>
        <Prompt state={state} change={change} />
        <h2>Concepts</h2>
        <PersonaChoice own={({ mix }) => change({ mix })} shared={({ concepts }) => change({ mix: mixOf(concepts) })} />
        <MixEditor mix={state.mix} change={(mix) => change({ mix })} />
        <Sampling state={state} change={change} />
        <div class="row sticky">
          {answers.running ? (
            <button type="button" class="main" onClick={answers.stop}>Stop <kbd>Esc</kbd></button>
          ) : (
            <button class="main" disabled={state.prompt.trim() === ""}>Write both <kbd>Ctrl ↵</kbd></button>
          )}
          <button type="button" onClick={() => setShowsCode(true)}>Copy as code</button>
        </div>
      </form>
      <div class="answers">
        <div class="pair">
          <AnswerPane title="Unsteered" about="the model as it is" {...answers.base} tint={tint} />
          <AnswerPane title="Steered" about={describeMix(state.mix)} {...answers.steered} tint={tint}>
            <Applied applied={answers.steered.answer.applied} />
          </AnswerPane>
        </div>
        {tint && (
          <div class="legend">
            <span class="swatch less">less {name}</span>
            <span class="swatch more">more {name}</span>
            <span class="quiet">than the unsteered answer's mean</span>
            {signals.length > 1 && (
              <label>Coloured by
                <select value={name} onChange={(event) => setWatched(event.currentTarget.value)}>
                  {signals.map((each) => <option key={each} value={each}>{each}</option>)}
                </select>
              </label>
            )}
          </div>
        )}
        {name !== "" && !answers.running && <Signal name={name} base={answers.base.answer} steered={answers.steered.answer} />}
      </div>
      {showsCode && <CodeDialog request={request} close={() => setShowsCode(false)} />}
    </div>
  );
}

import { useEffect, useState } from "preact/hooks";
import { asJsonLines, keepPairs, readPairs, withPair, type Pair, type PairText } from "../keep/choices";
import { readPersonas } from "../keep/personas";
import { AnswerPane } from "../parts/answer_pane";
import { download } from "../parts/download";
import { MixEditor } from "../parts/mix_editor";
import { useTwoAnswers } from "../parts/two_answers";
import { useServed } from "../served";
import { textOf, type Answer, type Ask } from "../server/answer";
import { asProblem } from "../server/problem";
import { rateAnswer } from "../server/rollouts";
import type { ServedConcept } from "../server/types";
import { choicesOf, describeMix, namesOf, partOf, wellKnownFirst, type Mix } from "../steering/mix";
import { templates, type Template } from "./template_texts";

/** The text of a pair: the prompt with its answer, as the model read and wrote it. */
function pairText(request: Ask, answer: string): PairText {
  if (request.kind === "plain") return request.prompt + answer;
  const system = request.system ? [{ role: "system", content: request.system }] : [];
  return [...system, { role: "user", content: request.prompt }, { role: "assistant", content: answer }];
}

function firstMix(template: Template, concepts: ServedConcept[]): Mix {
  const fitting = concepts.find((concept) => template.fitting.test(concept.name)) ?? wellKnownFirst(concepts)[0];
  return fitting ? [partOf(fitting)] : [];
}

function PersonaChoice({ choose }: { choose: (mix: Mix) => void }) {
  const personas = readPersonas() ?? [];
  if (personas.length === 0) return null;
  const take = (id: string) => {
    const persona = personas.find((each) => each.id === id);
    if (persona) choose(persona.mix);
  };
  return (
    <label>From a persona
      <select value="" onChange={(event) => (take(event.currentTarget.value), (event.currentTarget.value = ""))}>
        <option value="">choose …</option>
        {personas.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </select>
    </label>
  );
}

function Kept({ template, pairs, clear }: { template: Template; pairs: Pair[]; clear: () => void }) {
  return (
    <section class="panel" aria-label="Your choices">
      <h2>Your choices <span class="quiet" role="status">{pairs.length} kept in this browser</span></h2>
      <p class="quiet">Each is a contrast pair, the preferred answer against the other: what contrans refine reads. None is sent to the server; a rollout that an answer came from is told thumbs up or down.</p>
      <div class="row">
        <button disabled={pairs.length === 0} onClick={() => download(`${template.id}.pairs.jsonl`, asJsonLines(pairs), "application/jsonl")}>Download as JSONL</button>
        <button disabled={pairs.length === 0} onClick={() => confirm(`Forget all ${pairs.length} choices?`) && clear()}>Forget them</button>
      </div>
    </section>
  );
}

/** A rollout that decided how an answer is steered is told what a person thought of it. */
function useFeedback() {
  const { report } = useServed();
  const [said, setSaid] = useState("");
  const send = async ({ id, rollout }: Answer, thumbs: "up" | "down") => {
    if (!rollout) return;
    try {
      await rateAnswer(id, thumbs);
      setSaid(`Rollout ${rollout.name} was told: thumbs ${thumbs}.`);
    } catch (error) {
      setSaid(`Rollout ${rollout.name} could not be told: ${asProblem(error).message}`);
      report(asProblem(error));
    }
  };
  return { said, send: (...rating: Parameters<typeof send>) => void send(...rating), clear: () => setSaid("") };
}

type Choice = "accepted" | "rejected" | null;

/** Why two whole answers cannot be preferred one to the other; empty: they can. */
function nothingToPrefer(base: Answer, steered: Answer): string {
  // Rows that share a batch round differently, so that even one request asked twice may come out in two wordings.
  if (steered.applied.length === 0) return "Neither answer was steered: there is nothing to prefer. Add a concept.";
  if (textOf(base) === textOf(steered)) return "Both answers are the same: there is nothing to prefer. Try a larger dose.";
  return "";
}

function Use({ template }: { template: Template }) {
  const served = useServed();
  const { concepts, model } = served;
  const [text, setText] = useState(template.samples[0]!.text);
  const [mix, setMix] = useState(() => firstMix(template, concepts));
  const [asked, setAsked] = useState<Ask | null>(null);
  const [choice, setChoice] = useState<Choice>(null);
  const [pairs, setPairs] = useState(() => readPairs(template.id));
  const [unkept, setUnkept] = useState(false);
  const answers = useTwoAnswers();
  const feedback = useFeedback();
  useEffect(() => served.wantDetails(namesOf(mix).filter((name) => concepts.some((each) => each.name === name))), [mix, concepts]);

  const run = (event?: Event) => {
    event?.preventDefault();
    if (text.trim() === "") return;
    const kind = model.contrans.chat_template ? "chat" : "plain";
    const loaded = mix.filter((part) => concepts.some((each) => each.name === part.name));
    const request: Ask = { kind, ...template.prompt(kind, text.trim()), max_tokens: 120, temperature: 0, seed: 1, concepts: mix.length ? choicesOf(loaded, concepts) : null, projections: [] };
    setAsked(request);
    setChoice(null);
    feedback.clear();
    answers.start(request);
  };
  const [base, steered] = [textOf(answers.base.answer), textOf(answers.steered.answer)];
  const whole = !answers.running && answers.base.problem === null && answers.steered.problem === null && base.trim() !== "" && steered.trim() !== "";
  const nothing = nothingToPrefer(answers.base.answer, answers.steered.answer);
  const keep = (kept: Pair[]) => {
    setPairs(kept);
    setUnkept(!keepPairs(template.id, kept));
  };
  const choose = (chosen: Choice) => {
    if (!asked) return;
    const [better, worse] = chosen === "accepted" ? [steered, base] : [base, steered];
    feedback.send(answers.steered.answer, chosen === "accepted" ? "up" : "down");
    keep(withPair(pairs, { positive: pairText(asked, better), negative: pairText(asked, worse) }));
    setChoice(chosen);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run(event);
    if (event.key === "Escape" && answers.running) answers.stop();
  };
  return (
    <div class="playground" onKeyDown={keys}>
      <form class="panel controls" noValidate onSubmit={run}>
        <p class="quiet">{template.about}</p>
        <div class="chips" role="group" aria-label="Samples">
          {template.samples.map((sample) => <button key={sample.title} type="button" class="small" aria-pressed={sample.text === text} onClick={() => setText(sample.text)}>{sample.title}</button>)}
        </div>
        <label>Text <textarea rows={5} value={text} onInput={(event) => setText(event.currentTarget.value)} /></label>
        <h2>Steered by</h2>
        <PersonaChoice choose={setMix} />
        <MixEditor mix={mix} change={setMix} />
        <div class="row sticky">
          {answers.running ? <button type="button" class="main" onClick={answers.stop}>Stop <kbd>Esc</kbd></button> : <button class="main" disabled={text.trim() === ""}>Write both <kbd>Ctrl ↵</kbd></button>}
        </div>
      </form>
      <div class="answers">
        <div class="pair">
          <AnswerPane title="Unsteered" about="the model as it is" {...answers.base} />
          <AnswerPane title="Steered" about={mix.length ? describeMix(mix) : "no concept chosen: as this server's rollouts give it"} {...answers.steered}>
            {whole && nothing !== "" && <p class="quiet">{nothing}</p>}
            {whole && nothing === "" && (
              <div class="row" role="group" aria-label="Your choice">
                <button class="main" aria-pressed={choice === "accepted"} onClick={() => choose("accepted")}>Accept</button>
                <button aria-pressed={choice === "rejected"} onClick={() => choose("rejected")}>Reject</button>
                <span role="status">{choice && `${choice === "accepted" ? "The steered" : "The unsteered"} answer counts as the better one.`} {feedback.said}</span>
              </div>
            )}
          </AnswerPane>
        </div>
        {unkept && <p class="notice" role="alert">The browser could not keep this choice: download it before you close the page.</p>}
        <Kept template={template} pairs={pairs} clear={() => keep([])} />
      </div>
    </div>
  );
}

export function Templates() {
  const [id, setId] = useState(templates[0]!.id);
  const template = templates.find((each) => each.id === id) ?? templates[0]!;
  return (
    <>
      <div class="segments" role="group" aria-label="Template">
        {templates.map((each) => <button key={each.id} aria-pressed={each.id === id} onClick={() => setId(each.id)}>{each.title}</button>)}
      </div>
      <Use key={id} template={template} />
    </>
  );
}

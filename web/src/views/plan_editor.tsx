// A new plan: from a persona, a file or by hand. The server judges it; its words stand by the line that they are about.
import { useEffect, useRef, useState } from "preact/hooks";
import { Notice } from "../parts/notice";
import { PersonaChoice } from "../parts/persona_choice";
import { useServed } from "../served";
import { asProblem, type Problem } from "../server/problem";
import { planRollout } from "../server/rollouts";
import { lineOfMessage, reviewable } from "../steering/json_lines";
import { planOfPersona, planOfShared, unplannable } from "../steering/plan";

interface Refusal {
  problem: Problem;
  line: number | null;
}

function Text({ text, line, set }: { text: string; line: number | null; set: (text: string) => void }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = text.split("\n").length;
  useEffect(() => {
    if (line === null || !area.current) return;
    const start = text.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.current.focus();
    area.current.setSelectionRange(start, text.indexOf("\n", start) < 0 ? text.length : text.indexOf("\n", start));
  }, [line]);
  return (
    <div class="numbered">
      <div class="numbers" aria-hidden="true">{Array.from({ length: lines }, (_, i) => <span key={i} class={i + 1 === line ? "wrong" : ""}>{i + 1}</span>)}</div>
      <textarea ref={area} aria-label="Plan as JSON" aria-invalid={line !== null} aria-describedby="plan-refusal" rows={lines} wrap="off" spellcheck={false} autocapitalize="off" value={text} onInput={(event) => set(event.currentTarget.value)} />
    </div>
  );
}

interface Props {
  first: string;
  taken: string[];
  planned: (name: string) => void;
  close: (() => void) | null;
}

export function PlanEditor({ first, taken, planned, close }: Props) {
  const { report } = useServed();
  const [text, setText] = useState(first);
  const [left, setLeft] = useState<string[]>([]);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const change = (changed: string, unsaid: string[] = []) => {
    setText(changed);
    setLeft(unsaid);
    setRefusal(null);
  };
  const load = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    input.value = "";
    if (file) change(await file.text());
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setRefusal(null);
    try {
      planned((await planRollout(text)).name);
    } catch (error) {
      const problem = asProblem(error);
      setRefusal({ problem, line: lineOfMessage(text, problem.message) });
      report(problem);
    }
  };
  return (
    <form class="panel" aria-label="New plan" onSubmit={(event) => void submit(event)}>
      <h2>New plan <span class="quiet">it is kept and shown for review; nobody gets anything before it is started</span></h2>
      <div class="row">
        <PersonaChoice own={(persona) => change(reviewable(planOfPersona(persona, taken)), unplannable(persona.mix))} shared={(persona) => change(reviewable(planOfShared(persona, taken)))} />
        <label class="button">Open a file<input class="unseen" type="file" accept="application/json,.json" onChange={(event) => void load(event.currentTarget)} /></label>
        <span class="quiet">or paste it below</span>
      </div>
      <Text text={text} line={refusal?.line ?? null} set={(changed) => change(changed)} />
      <div id="plan-refusal">{refusal && <Notice problem={{ message: `${refusal.line === null ? "" : `Line ${refusal.line}. `}${refusal.problem.message}` }} />}</div>
      {left.length > 0 && <p class="damage" role="status">A plan adds concepts at their dose to every token; the persona's other ways of {left.join(", ")} are not in it.</p>}
      <div class="row">
        <button class="main" disabled={text.trim() === ""}>Keep this plan</button>
        {close && <button type="button" onClick={close}>Cancel</button>}
        <span class="quiet">Stages, gates and every other key: docs/rollouts.md.</span>
      </div>
    </form>
  );
}

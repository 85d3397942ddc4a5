// One answer as it is written, each token tinted by a concept's signal.
import type { ComponentChildren } from "preact";
import type { Answer, Piece } from "../server/answer";
import type { Problem } from "../server/problem";
import { signed } from "../steering/mix";
import { Notice } from "./notice";

/** Signals differ from a common level by at most `most`; both answers share it, so that tints compare. */
export interface Tint {
  name: string;
  level: number;
  most: number;
}

export function tintOf(name: string, base: Answer, steered: Answer): Tint | null {
  const values = (answer: Answer) => answer.pieces.map((piece) => piece.doses[name]).filter((dose): dose is number => dose !== undefined);
  const own = values(base);
  const all = [...own, ...values(steered)];
  if (own.length === 0) return null;
  const level = own.reduce((sum, each) => sum + each, 0) / own.length;
  return { name, level, most: Math.max(...all.map((each) => Math.abs(each - level)), 1e-9) };
}

function Token({ piece, tint }: { piece: Piece; tint: Tint | null }) {
  const dose = tint ? piece.doses[tint.name] : undefined;
  const kind = piece.thought ? "thought" : undefined;
  if (!tint || dose === undefined) return <span class={kind}>{piece.text}</span>;
  const change = (dose - tint.level) / tint.most;
  return (
    <span class={`token ${change < 0 ? "less" : "more"} ${kind ?? ""}`} style={{ "--much": `${Math.round(Math.abs(change) * 100)}%` }} title={`${tint.name} ${signed(dose - tint.level)} against the base answer's mean`}>
      {piece.text}
    </span>
  );
}

const endings: Record<string, string> = {
  stop: "ended by itself",
  length: "reached its length",
  time_limit: "reached its time limit",
  cancelled: "stopped",
  shutdown: "cut short as the server stops",
  switched_off: "ended",
};

function endingWords({ ended, switchedOffAt }: Answer): string {
  if (!ended) return "stopped";
  const off = switchedOffAt === null ? "" : `; the steering was switched off while this was written, at token ${switchedOffAt}`;
  return `${endings[ended.why] ?? ended.why}, ${(ended.total_ms / 1000).toFixed(1)} s${off}`;
}

function Ending({ answer, running }: { answer: Answer; running: boolean }) {
  if (running) return <p class="quiet" role="status">writing … {answer.tokens} tokens</p>;
  if (answer.pieces.length === 0 && !answer.ended) return null;
  return <p class="quiet" role="status">{answer.tokens} tokens, {endingWords(answer)}</p>;
}

interface Props {
  title: string;
  about: string;
  answer: Answer;
  running: boolean;
  problem: Problem | null;
  tint?: Tint | null;
  children?: ComponentChildren;
}

export function AnswerPane({ title, about, answer, running, problem, tint = null, children }: Props) {
  const empty = answer.pieces.length === 0;
  const blank = !empty && answer.pieces.every((piece) => piece.text.trim() === "");
  return (
    <section class="answer" aria-label={title} aria-busy={running}>
      <h2>{title} <span class="quiet">{about}</span></h2>
      <div class="text" tabIndex={0} role="group" aria-label={`Text of ${title}`}>
        {empty && !running && !problem && <span class="quiet">{answer.ended ? "The answer is empty." : "Nothing yet."}</span>}
        {blank && !running && <span class="quiet">The answer is white space alone.</span>}
        {answer.pieces.map((piece, i) => <Token key={i} piece={piece} tint={tint} />)}
      </div>
      {problem && <Notice problem={problem} />}
      <Ending answer={answer} running={running} />
      {children}
    </section>
  );
}

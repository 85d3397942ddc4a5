// One streamed answer: what is asked for, and what has come of it.
import { ask } from "./client";
import { eventsOf } from "./events";
import { problemInStream } from "./problem";
import type { AppliedConcept } from "./types";
import type { ConceptChoice } from "../steering/mix";

export type PromptKind = "chat" | "plain";

export interface Ask {
  kind: PromptKind;
  prompt: string;
  system?: string;
  stop?: string[];
  max_tokens: number;
  temperature: number;
  seed: number;
  /** Empty: none, whatever rolls out. Null: what this server's rollouts give to who asks. */
  concepts: ConceptChoice[] | null;
  /** Names whose signal comes with each token. */
  projections: string[];
}

/** Text that came together, with each concept's signal in units of dose. */
export interface Piece {
  text: string;
  doses: Record<string, number>;
  thought: boolean;
}

export interface Ended {
  why: string;
  first_token_ms: number;
  total_ms: number;
}

/** Which rollout decided how an answer is steered; stages from 1. */
export interface RolloutShare {
  name: string;
  stage: number;
  arm: "treatment" | "control";
}

export interface Answer {
  id: string;
  pieces: Piece[];
  tokens: number;
  applied: AppliedConcept[];
  rollout: RolloutShare | null;
  ended: Ended | null;
  /** Tokens that had been written when its steering was taken away; null: it was not. */
  switchedOffAt: number | null;
}

export const noAnswer: Answer = { id: "", pieces: [], tokens: 0, applied: [], rollout: null, ended: null, switchedOffAt: null };
export const textOf = (answer: Answer) => answer.pieces.filter((piece) => !piece.thought).map((piece) => piece.text).join("");

interface TokenSignal {
  token: string;
  doses: Record<string, number>;
}

interface Chunk {
  id?: string;
  error?: unknown;
  usage?: { completion_tokens: number } | null;
  choices?: { text?: string; delta?: { content?: string | null; reasoning_content?: string } }[];
  contrans?: {
    concepts?: AppliedConcept[];
    projections?: TokenSignal[];
    rollout?: RolloutShare;
    ended?: string;
    switched_off_at?: number;
    timings?: { first_token_ms: number; total_ms: number };
  };
}

export const pathOf = (kind: PromptKind) => (kind === "chat" ? "/v1/chat/completions" : "/v1/completions");

/** The body that is sent, less `stream`. */
export function bodyOf(request: Ask): Record<string, unknown> {
  const { kind, prompt, system, stop, projections, concepts, ...rest } = request;
  const user = { role: "user", content: prompt };
  const text = kind === "plain" ? { prompt } : { messages: system ? [{ role: "system", content: system }, user] : [user] };
  return {
    ...text,
    ...rest,
    ...(stop?.length ? { stop } : {}),
    ...(concepts ? { concepts } : {}),
    ...(projections.length ? { projections } : {}),
  };
}

/** Joins chunks: tokens one by one where they make up the text, else the text as one piece with their mean signal. */
class Joiner {
  private waiting: TokenSignal[] = [];

  piecesOf(text: string, signals: TokenSignal[], thought: boolean): Piece[] {
    this.waiting.push(...signals);
    if (text === "") return [];
    const taken = this.waiting;
    this.waiting = [];
    const whole = taken.map((signal) => signal.token).join("") === text;
    if (whole) return taken.map((signal) => ({ text: signal.token, doses: signal.doses, thought }));
    return [{ text, doses: meanOf(taken), thought }];
  }
}

function meanOf(signals: TokenSignal[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { doses } of signals) {
    for (const [name, dose] of Object.entries(doses)) sums[name] = (sums[name] ?? 0) + dose / signals.length;
  }
  return sums;
}

function endOf(chunk: Chunk): Ended | null {
  const { ended, timings } = chunk.contrans ?? {};
  if (ended === undefined) return null;
  return { why: ended, first_token_ms: timings?.first_token_ms ?? 0, total_ms: timings?.total_ms ?? 0 };
}

function grown(answer: Answer, chunk: Chunk, joiner: Joiner): Answer {
  const choice = chunk.choices?.[0];
  const signals = chunk.contrans?.projections ?? [];
  const thought = choice?.delta?.reasoning_content ?? "";
  const text = choice?.text ?? choice?.delta?.content ?? "";
  const thoughts = thought === "" ? [] : joiner.piecesOf(thought, text === "" ? signals : [], true);
  const pieces = [...thoughts, ...joiner.piecesOf(text, thought !== "" && text === "" ? [] : signals, false)];
  return {
    id: chunk.id ?? answer.id,
    pieces: pieces.length ? [...answer.pieces, ...pieces] : answer.pieces,
    tokens: chunk.usage?.completion_tokens ?? answer.tokens + (signals.length || (text !== "" ? 1 : 0)),
    applied: chunk.contrans?.concepts ?? answer.applied,
    rollout: chunk.contrans?.rollout ?? answer.rollout,
    ended: endOf(chunk) ?? answer.ended,
    switchedOffAt: chunk.contrans?.switched_off_at ?? answer.switchedOffAt,
  };
}

/** Asks and shows the answer as it grows. Throws Problem; when stopped, returns what has come. */
export async function streamAnswer(request: Ask, signal: AbortSignal, show: (answer: Answer) => void): Promise<Answer> {
  let answer = noAnswer;
  const joiner = new Joiner();
  try {
    const body = JSON.stringify({ ...bodyOf(request), stream: true, stream_options: { include_usage: true } });
    const response = await ask(pathOf(request.kind), { method: "POST", body, signal });
    for await (const event of eventsOf(response, signal)) {
      const chunk = event as Chunk;
      if (chunk.error !== undefined) throw problemInStream(event);
      answer = grown(answer, chunk, joiner);
      show(answer);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return answer;
}

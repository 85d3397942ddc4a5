// What the playground holds; other views hand it a mix.
import { lasting } from "../keep/keeper";
import { isRecord, mixFrom, parsed } from "../keep/parse";
import type { PromptKind } from "../server/answer";
import type { ServedConcept, ServedModel } from "../server/types";
import { partOf, wellKnownFirst, type Mix } from "../steering/mix";

export interface PlaygroundState {
  kind: PromptKind;
  prompt: string;
  mix: Mix;
  maxTokens: number;
  temperature: number;
  seed: number;
}

const question = "My parcel has not arrived for two weeks. Where is it?";

function firstState(model: ServedModel, concepts: ServedConcept[]): PlaygroundState {
  const kind = model.contrans.chat_template ? "chat" : "plain";
  const liked = concepts.find((concept) => concept.name.includes("polite")) ?? wellKnownFirst(concepts)[0];
  const prompt = kind === "chat" ? question : `Customer: ${question}\nSupport:`;
  return { kind, prompt, mix: liked ? [partOf(liked)] : [], maxTokens: 64, temperature: 0, seed: 1 };
}

const numberOr = (value: unknown, otherwise: number) => (typeof value === "number" && Number.isFinite(value) ? value : otherwise);

export function readPlayground(model: ServedModel, concepts: ServedConcept[]): PlaygroundState {
  const first = firstState(model, concepts);
  const json = parsed(lasting.read("playground"));
  if (!isRecord(json)) return first;
  const mix = mixFrom(json["mix"]);
  return {
    kind: json["kind"] === "chat" || json["kind"] === "plain" ? json["kind"] : first.kind,
    prompt: typeof json["prompt"] === "string" ? json["prompt"] : first.prompt,
    mix: mix ?? first.mix,
    maxTokens: numberOr(json["maxTokens"], first.maxTokens),
    temperature: numberOr(json["temperature"], first.temperature),
    seed: numberOr(json["seed"], first.seed),
  };
}

export const keepPlayground = (state: PlaygroundState) => lasting.write("playground", JSON.stringify(state));

/** For the next visit to the playground. */
export function handToPlayground(mix: Mix): void {
  const json = parsed(lasting.read("playground"));
  lasting.write("playground", JSON.stringify({ ...(isRecord(json) ? json : {}), mix }));
}

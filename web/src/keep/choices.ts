// Which of two answers a person preferred: contrast pairs for `contrans refine`, kept in the browser.
import { lasting } from "./keeper";
import { isRecord, parsed } from "./parse";

type Message = { role: string; content: string };
/** As refine reads it: plain, or chat messages. */
export type PairText = string | Message[];

export interface Pair {
  positive: PairText;
  negative: PairText;
}

const kept = (template: string) => `choices.${template}`;
const same = (a: PairText, b: PairText) => JSON.stringify(a) === JSON.stringify(b);

function isText(value: unknown): value is PairText {
  return typeof value === "string" || (Array.isArray(value) && value.every((each) => isRecord(each) && typeof each["content"] === "string"));
}

export function readPairs(template: string): Pair[] {
  const json = parsed(lasting.read(kept(template)));
  const list = Array.isArray(json) ? json : [];
  return list.filter((each): each is Pair => isRecord(each) && isText(each["positive"]) && isText(each["negative"]));
}

/** refine takes no text that stands in both classes: a later choice replaces earlier ones that it contradicts. */
export function withPair(pairs: Pair[], pair: Pair): Pair[] {
  const agrees = (each: Pair) => !same(each.positive, pair.negative) && !same(each.negative, pair.positive);
  const other = (each: Pair) => !(same(each.positive, pair.positive) && same(each.negative, pair.negative));
  return [...pairs.filter((each) => agrees(each) && other(each)), pair];
}

export const keepPairs = (template: string, pairs: Pair[]) => lasting.write(kept(template), JSON.stringify(pairs));
export const asJsonLines = (pairs: Pair[]) => pairs.map(({ positive, negative }) => JSON.stringify({ positive, negative }) + "\n").join("");

// Kept and imported texts are read like anybody's: what does not fit is left out.
import type { Mix, MixPart } from "../steering/mix";
import type { Operator, TokenRange } from "../server/types";

const operators: Operator[] = ["add", "project_out", "add_keeping_norm", "clamp"];
const ranges: TokenRange[] = ["both", "prompt", "generated"];

export function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null; // somebody else's text
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function partFrom(value: unknown): MixPart | null {
  if (!isRecord(value) || typeof value["name"] !== "string" || value["name"] === "") return null;
  if (typeof value["dose"] !== "number" || !Number.isFinite(value["dose"])) return null;
  const operator = operators.find((each) => each === value["operator"]) ?? "add";
  const tokens = ranges.find((each) => each === value["tokens"]) ?? "both";
  const version = value["version"];
  const pinned = typeof version === "number" && Number.isSafeInteger(version) && version > 0 ? { version } : {};
  return { name: value["name"], dose: value["dose"], operator, tokens, ...pinned };
}

/** Null: no list of concepts with doses, or a name stands twice. */
export function mixFrom(value: unknown): Mix | null {
  if (!Array.isArray(value)) return null;
  const parts = value.map(partFrom);
  if (parts.some((part) => part === null)) return null;
  const mix = parts as Mix;
  return new Set(mix.map((part) => part.name)).size === mix.length ? mix : null;
}

// The routes of personas that a team shares, as docs/personas.md describes them.
import { ask } from "./client";
import type { Operator, TokenRange } from "./types";

/** As a persona's file has it; what is left out is plain adding to every token, of whichever version is served. */
export interface SharedConcept {
  concept: string;
  dose: number;
  version?: number;
  operator?: Operator;
  tokens?: TokenRange;
}

export interface SharedVersion {
  version: number;
  author: string;
  /** "2026-01-31T12:34:56.123456Z" */
  saved: string;
  note: string;
}

/** One version, with a line for each there is, newest first. */
export interface SharedPersona extends SharedVersion {
  name: string;
  owner: string;
  concepts: SharedConcept[];
  versions: SharedVersion[];
}

const pathOf = (name: string, version?: number) => `/v1/personas/${encodeURIComponent(name)}${version === undefined ? "" : `@${version}`}`;
const one = async (response: Response) => (await response.json()) as SharedPersona;

/** Each one's newest version. */
export const listShared = async () => ((await (await ask("/v1/personas")).json()) as { data: SharedPersona[] }).data;
export const showShared = async (name: string, version: number) => one(await ask(pathOf(name, version)));

export const saveShared = async (name: string, note: string, concepts: SharedConcept[]) =>
  one(await ask("/v1/personas", { method: "POST", body: JSON.stringify({ persona: 1, name, note, concepts }) }));

/** Without a version: all of it. */
export async function removeShared(name: string, version?: number): Promise<void> {
  await ask(pathOf(name, version), { method: "DELETE" });
}

// Named mixes, kept in the browser.
import type { ServedConcept } from "../server/types";
import { partOf, wellKnownFirst, type Mix } from "../steering/mix";
import { lasting } from "./keeper";
import { isRecord, mixFrom, parsed } from "./parse";

export interface Persona {
  id: string;
  name: string;
  mix: Mix;
}

const kept = "personas";
const longestName = 80;

export const freshId = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");

function personaFrom(value: unknown): Persona | null {
  if (!isRecord(value) || typeof value["name"] !== "string" || value["name"].trim() === "") return null;
  const mix = mixFrom(value["concepts"]);
  return mix && { id: freshId(), name: value["name"].trim().slice(0, longestName), mix };
}

/** The personas of an exported text. Throws Error in words for the person. */
export function personasFrom(text: string): Persona[] {
  const json = parsed(text);
  const list = isRecord(json) ? json["personas"] : null;
  if (!Array.isArray(list)) throw new Error("This file holds no personas: it must be {\"personas\": [{\"name\": …, \"concepts\": […]}]}.");
  const personas = list.map(personaFrom);
  const bad = personas.indexOf(null);
  if (bad >= 0) throw new Error(`Persona ${bad + 1} of this file has no name, or concepts that are no list of {"name", "dose"}.`);
  return personas as Persona[];
}

export const personasText = (personas: Persona[]) =>
  JSON.stringify({ personas: personas.map(({ name, mix }) => ({ name, concepts: mix })) }, null, 2) + "\n";

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** For the first visit: each of the first concepts alone, the first two mildly together, the first one turned round. */
export function readyMade(loaded: ServedConcept[]): Persona[] {
  const concepts = wellKnownFirst(loaded);
  const [first, second] = concepts;
  const alone = concepts.slice(0, 3).map((concept) => ({ id: freshId(), name: `More ${concept.name}`, mix: [partOf(concept)] }));
  const both = first && second ? [{ id: freshId(), name: `${capital(first.name)} with a little ${second.name}`, mix: [partOf(first, 0.6), partOf(second, 0.4)] }] : [];
  const less = first ? [{ id: freshId(), name: `Less ${first.name}`, mix: [partOf(first, -0.6)] }] : [];
  return [...alone, ...both, ...less];
}

/** Null: never kept, so this is the first visit. */
export function readPersonas(): Persona[] | null {
  const text = lasting.read(kept);
  if (text === null) return null;
  try {
    return personasFrom(text);
  } catch {
    return [];
  }
}

export const keepPersonas = (personas: Persona[]) => lasting.write(kept, personasText(personas));

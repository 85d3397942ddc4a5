// Between a person's mix and a persona that a team shares.
import type { SharedConcept, SharedPersona } from "../server/personas";
import { plainName } from "./plain_name";
import type { Mix } from "./mix";

export const mixOf = (concepts: SharedConcept[]): Mix =>
  concepts.map(({ concept, dose, version, operator, tokens }) => ({
    name: concept,
    dose,
    operator: operator ?? "add",
    tokens: tokens ?? "both",
    ...(version === undefined ? {} : { version }),
  }));

export const sharedOf = (mix: Mix): SharedConcept[] =>
  mix.map(({ name, dose, version, operator, tokens }) => ({
    concept: name,
    dose,
    ...(version === undefined ? {} : { version }),
    ...(operator === "add" ? {} : { operator }),
    ...(tokens === "both" ? {} : { tokens }),
  }));

export const sameMix = (a: Mix, b: Mix) => JSON.stringify(sharedOf(a)) === JSON.stringify(sharedOf(b));

/** "warm-support@2", as requests and plans name it. */
export const referenceOf = ({ name, version }: SharedPersona) => `${name}@${version}`;

/** A name that the registry takes. */
export const sharedName = (name: string) => plainName(name, 128);

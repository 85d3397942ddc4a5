// Concepts and doses as a person chooses them.
import type { Operator, ServedConcept, TokenRange } from "../server/types";

export interface MixPart {
  name: string;
  dose: number;
  operator: Operator;
  tokens: TokenRange;
  /** That a persona of the team's asks for; what is loaded is not chosen by it here. */
  version?: number;
}

export type Mix = MixPart[];

/** As a request names it: what is the server's default is left out. */
export interface ConceptChoice {
  name: string;
  dose: number;
  operator?: Operator;
  tokens?: TokenRange;
}

export const mostConcepts = 16;

export const rounded = (dose: number) => Math.round(dose * 1000) / 1000;
export const signed = (dose: number) => (dose > 0 ? "+" : "") + String(rounded(dose));

export const partOf = (concept: ServedConcept, share = 1): MixPart => ({
  name: concept.name,
  dose: rounded(concept.usual_dose * share),
  operator: "add",
  tokens: "both",
});

/** Those with evidence first: what ready-made choices are made of. */
export const wellKnownFirst = (concepts: ServedConcept[]) => [...concepts].sort((a, b) => Number(b.evidence !== null) - Number(a.evidence !== null));

/** project_out takes shares of the projection, the others doses. */
export function rangeOf(part: MixPart, concept: ServedConcept): [number, number] {
  return part.operator === "project_out" ? [0, 1] : concept.dose_range;
}

export const usualOf = (part: MixPart, concept: ServedConcept) => (part.operator === "project_out" ? 1 : rounded(concept.usual_dose));

/** Another operator may have another range: then the usual dose. */
export function withOperator(part: MixPart, operator: Operator, concept: ServedConcept): MixPart {
  const changed = { ...part, operator };
  const sameUnit = (part.operator === "project_out") === (operator === "project_out");
  return sameUnit ? changed : { ...changed, dose: usualOf(changed, concept) };
}

/** Doses within their ranges: rounding must not carry one over the end. */
export function clamped(dose: number, [low, high]: [number, number]): number {
  return Math.min(Math.max(dose, low), high);
}

export function choicesOf(mix: Mix, concepts: ServedConcept[]): ConceptChoice[] {
  return mix.map((part) => {
    const concept = concepts.find((each) => each.name === part.name);
    const dose = concept ? clamped(part.dose, rangeOf(part, concept)) : part.dose;
    return {
      name: part.name,
      dose,
      ...(part.operator === "add" ? {} : { operator: part.operator }),
      ...(part.tokens === "both" ? {} : { tokens: part.tokens }),
    };
  });
}

export const namesOf = (mix: Mix) => mix.map((part) => part.name);
export const describeMix = (mix: Mix) => (mix.length ? mix.map((part) => `${part.name}${part.version === undefined ? "" : `@${part.version}`} ${signed(part.dose)}`).join(", ") : "no concept");

// A rollout's plan for a mix of concepts: what most people would begin with, to be changed by hand.
import type { Persona } from "../keep/personas";
import type { SharedPersona } from "../server/personas";
import type { PlannedConcept } from "../server/rollouts";
import { rounded, type Mix } from "./mix";
import { plainName } from "./plain_name";
import { referenceOf } from "./shared";

const longestName = 64;

/** A name that no rollout has: one that was started is never given again. */
export function freeName(name: string, taken: string[]): string {
  const base = plainName(name.replace(/-\d+$/, ""), longestName - 4);
  for (let n = 1; ; ++n) {
    const tried = n === 1 ? base : `${base}-${n}`;
    if (!taken.includes(tried)) return tried;
  }
}

const conceptsOf = (mix: Mix): PlannedConcept[] => mix.map((part) => ({ concept: part.name, dose: rounded(part.dose), ...(part.version === undefined ? {} : { version: part.version }) }));

/** Keys in the order in which one reads them; docs/rollouts.md says what each means. */
export const planOf = (name: string, treatment: PlannedConcept[] | { persona: string }) => ({
  rollout: 1,
  name,
  note: "",
  treatment,
  control: [],
  stages: [1, 5, 25, 50, 100].map((percent) => ({ percent })),
  gates: [
    { metric: "error", margin: 0.005 },
    { metric: "slow", seconds: 20, margin: 0.02 },
    { metric: "refusal", margin: 0.02 },
    { metric: "repetition", margin: 0.02 },
    { metric: "thumbs_down", margin: 0 },
    { metric: "error", most: 0.05 },
  ],
  least_users: 200,
  on_alarm: "roll_back",
  approvals: 0,
});

export const planOfPersona = (persona: Persona, taken: string[]) => planOf(freeName(persona.name, taken), conceptsOf(persona.mix));

/** Of exactly this version; the server writes its concepts into the plan. */
export const planOfShared = (persona: SharedPersona, taken: string[]) => planOf(freeName(persona.name, taken), { persona: referenceOf(persona) });

/** Parts that a plan cannot say: it adds concepts at their dose, to every token. */
export const unplannable = (mix: Mix) => mix.filter((part) => part.operator !== "add" || part.tokens !== "both").map((part) => part.name);

// What a dose costs on neutral text, from what was measured. Small doses cost in proportion to their square (KL is
// quadratic about no change), so √KL is drawn as straight lines through the measured doses and no dose at all.
import type { ConceptDetails, DosePoint, ServedConcept } from "../server/types";
import type { MixPart } from "./mix";

export interface Damage {
  nats: number;
  how: "measured" | "between" | "beyond" | "other sign";
  points: number;
}

interface Root {
  dose: number;
  root: number;
}

/** Measured doses and costs, rising from no dose; both as lengths along the usual direction. */
function rootsOf(concept: ServedConcept, curve: DosePoint[]): Root[] {
  const sign = Math.sign(concept.usual_dose) || 1;
  const kl = concept.evidence?.kl_nats;
  const measured = curve.length || kl == null ? curve : [{ dose: concept.usual_dose, kl_nats: kl, value: 0 }];
  return measured
    .map((point) => ({ dose: point.dose * sign, root: Math.sqrt(Math.max(point.kl_nats, 0)) }))
    .filter((point) => point.dose > 0)
    .sort((a, b) => a.dose - b.dose);
}

function rootAt(dose: number, roots: Root[]): number {
  const upper = roots.findIndex((point) => point.dose >= dose);
  const to = upper < 0 ? roots[roots.length - 1]! : roots[upper]!;
  const from = upper > 0 ? roots[upper - 1]! : upper < 0 && roots.length > 1 ? roots[roots.length - 2]! : { dose: 0, root: 0 };
  const slope = (to.root - from.root) / (to.dose - from.dose);
  return Math.max(from.root + slope * (dose - from.dose), 0);
}

/** Null where nothing was measured, or the operator was not. */
export function damageOf(part: MixPart, concept: ServedConcept, details: ConceptDetails | undefined): Damage | null {
  if (part.operator !== "add" || part.tokens !== "both") return null;
  const roots = rootsOf(concept, details?.reports.find((report) => report.dose_curve.length > 0)?.dose_curve ?? []);
  if (roots.length === 0) return null;
  const along = part.dose * (Math.sign(concept.usual_dose) || 1);
  const dose = Math.abs(along);
  const near = roots.some((point) => Math.abs(point.dose - dose) < 0.01 * point.dose);
  const beyond = dose > roots[roots.length - 1]!.dose;
  const how = along < 0 ? "other sign" : near ? "measured" : beyond ? "beyond" : "between";
  return { nats: rootAt(dose, roots) ** 2, how, points: roots.length };
}

/** The damage budget that a vector was searched under; null: unknown. */
export const budgetOf = (details: ConceptDetails | undefined) => details?.reports.find((report) => report.budget_nats)?.budget_nats ?? null;

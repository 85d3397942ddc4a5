// The rollouts' routes, as docs/rollouts.md describes them.
import { ask } from "./client";

export type GateState = "no_data" | "waiting" | "passed" | "failed";

export interface Arm {
  users: number;
  mean: number | null;
}

/** What the arms have shown of a gate; the interval is of their difference, or of what the gate is about. */
export interface GateReading {
  state: GateState;
  treatment: Arm;
  control: Arm;
  low: number;
  high: number;
  limit: number;
}

export interface GateMoment extends GateReading {
  /** "2026-01-31T12:34:56.123456Z" */
  at: string;
}

export interface Gate extends GateReading {
  name: string;
  /** How it came there; empty in the list of rollouts. */
  moments: GateMoment[];
}

export interface PlannedConcept {
  concept: string;
  dose: number;
  version?: number;
}

export interface Plan {
  name: string;
  note: string;
  treatment: PlannedConcept[];
  control: PlannedConcept[];
  /** Whose concepts they are, "warm-support@2". */
  treatment_persona?: string;
  control_persona?: string;
  keys: string[];
  least_users: number;
  alpha: number;
  on_alarm: string;
  promote: string;
}

export interface Rollout {
  name: string;
  state: "planned" | "running" | "rolled_back";
  /** From 1. */
  stage: number;
  stages: string[];
  author: string;
  changed: string;
  changed_by: string;
  reason: string;
  alarm: string | null;
  approvals: { needed: number; given: string[] };
  plan: Plan;
  plan_sha256: string;
  gates: Gate[];
  here: { served: boolean; trouble: string };
}

export type RolloutStep = "approve" | "start" | "promote" | "rollback";

type Sent = Omit<Rollout, "gates"> & { gates: (Omit<Gate, "moments"> & { moments?: GateMoment[] })[] };
const taken = (sent: Sent): Rollout => ({ ...sent, gates: sent.gates.map((gate) => ({ ...gate, moments: gate.moments ?? [] })) });

const pathOf = (name: string) => `/v1/rollouts/${encodeURIComponent(name)}`;
const one = async (response: Response) => taken((await response.json()) as Sent);

export const listRollouts = async () => ((await (await ask("/v1/rollouts")).json()) as { data: Sent[] }).data.map(taken);
export const showRollout = async (name: string) => one(await ask(pathOf(name)));
export const planRollout = async (text: string) => one(await ask("/v1/rollouts", { method: "POST", body: text }));

export const stepRollout = async (name: string, step: RolloutStep, reason = "") =>
  one(await ask(pathOf(name), { method: "POST", body: JSON.stringify(reason === "" ? { step } : { step, reason }) }));

/** What a person thought of an answer that came from a rollout. */
export async function rateAnswer(id: string, thumbs: "up" | "down"): Promise<void> {
  await ask("/v1/feedback", { method: "POST", body: JSON.stringify({ id, thumbs }) });
}

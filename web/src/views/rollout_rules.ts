// What the rules of rollouts refuse as far as the page can see it (docs/rollouts.md); the server has the last word.
import type { Gate, Rollout, RolloutStep } from "../server/rollouts";

const stateWords: Record<Rollout["state"], string> = { planned: "planned", running: "running", rolled_back: "rolled back" };
export const stateText = (rollout: Rollout) => stateWords[rollout.state];

export const gateWords: Record<Gate["state"], string> = { no_data: "no data yet", waiting: "waiting", passed: "passed", failed: "failed" };

const atLastStage = (rollout: Rollout) => rollout.stage === rollout.stages.length;
export const nextStage = (rollout: Rollout) => (rollout.state === "planned" ? rollout.stages[rollout.stage - 1] : rollout.stages[rollout.stage]);

function approvalsMissing({ approvals }: Rollout): string {
  const missing = approvals.needed - approvals.given.length;
  return missing <= 0 ? "" : `${missing} more approval${missing === 1 ? "" : "s"} of other people needed.`;
}

function gateMissing({ gates }: Rollout): string {
  const open = gates.find((gate) => gate.state !== "passed");
  return open ? `A gate of this stage has not passed: ${open.name} (${gateWords[open.state]}).` : "";
}

function promotionRefused(rollout: Rollout): string {
  if (rollout.state !== "running") return `It is ${stateText(rollout)}.`;
  if (atLastStage(rollout)) return "It is at its last stage.";
  if (rollout.alarm !== null) return `An alarm was raised: ${rollout.alarm}.`;
  return approvalsMissing(rollout) || gateMissing(rollout);
}

function approvalRefused(rollout: Rollout): string {
  if (rollout.state === "rolled_back") return "It is rolled back.";
  if (rollout.state === "running" && atLastStage(rollout)) return "It is at its last stage.";
  return "";
}

/** Why a step is refused; empty: as far as can be seen here, it is not. */
export function whyNot(step: RolloutStep, rollout: Rollout): string {
  if (step === "approve") return approvalRefused(rollout);
  if (step === "promote") return promotionRefused(rollout);
  if (step === "start") return rollout.state === "planned" ? approvalsMissing(rollout) : `It is ${stateText(rollout)}.`;
  return rollout.state === "running" ? "" : `It is ${stateText(rollout)}.`;
}

import { useState } from "preact/hooks";
import { CopyButton } from "../parts/copy_button";
import { Notice } from "../parts/notice";
import type { PlannedConcept, Rollout } from "../server/rollouts";
import { reviewable } from "../steering/json_lines";
import { signed } from "../steering/mix";
import { GateCard, type Across } from "./gate_card";
import { stateText } from "./rollout_rules";
import { Steps } from "./rollout_steps";

export const clock = (time: string) => time.replace("T", " ").slice(0, 19);

function armText(concepts: PlannedConcept[], persona?: string): string {
  if (concepts.length === 0) return "the model as it is";
  const words = concepts.map(({ concept, dose, version }) => `${concept} ${signed(dose)}${version ? `, version ${version}` : ""}`).join("; ");
  return persona ? `persona ${persona}: ${words}` : words;
}

/** Done, now, to come: as a line of steps. */
function Stages({ rollout }: { rollout: Rollout }) {
  const at = rollout.state === "planned" ? 0 : rollout.stage;
  return (
    <ol class="stages" aria-label="Stages">
      {rollout.stages.map((stage, i) => {
        const now = i + 1 === at;
        const words = i + 1 < at ? "done" : now ? (rollout.state === "running" ? "now" : "ended here") : rollout.state === "rolled_back" ? "not reached" : "to come";
        return <li key={i} class={words.replaceAll(" ", "-")} aria-current={now && rollout.state === "running" ? "step" : undefined}><strong>{stage}</strong> <span class="quiet">{words}</span></li>;
      })}
    </ol>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

function approvalsText({ approvals }: Rollout): string {
  if (approvals.needed === 0) return "none needed";
  return `${approvals.needed} for each step; this one: ${approvals.given.join(", ") || "none yet"}`;
}

function Facts({ rollout }: { rollout: Rollout }) {
  const { plan } = rollout;
  return (
    <dl class="facts">
      <Fact name="treatment">{armText(plan.treatment, plan.treatment_persona)}</Fact>
      <Fact name="control">{armText(plan.control, plan.control_persona)}</Fact>
      <Fact name="takes part">{plan.keys.length === 0 ? "every key" : `keys ${plan.keys.join(", ")}`}</Fact>
      <Fact name="approvals of others">{approvalsText(rollout)}</Fact>
      <Fact name="planned by">{rollout.author}</Fact>
      <Fact name="last changed">{`${clock(rollout.changed)} UTC by ${rollout.changed_by}${rollout.reason ? `: ${rollout.reason}` : ""}`}</Fact>
      <Fact name="when a gate fails">{plan.on_alarm === "tell" ? "tells, and goes on" : "rolls back by itself"}</Fact>
      <Fact name="promotion">{plan.promote === "when_passed" ? "by itself when all gates have passed" : "by hand"}</Fact>
    </dl>
  );
}

/** Whether the server that answers here gives it. */
export function hereText({ state, here }: Rollout): string {
  if (state !== "running") return "";
  if (here.served) return "served here";
  return here.trouble === "" ? "not yet taken up by this server" : "not served here";
}

function Alarm({ rollout }: { rollout: Rollout }) {
  const trouble = rollout.state === "running" ? rollout.here.trouble : "";
  return (
    <>
      {rollout.alarm !== null && <Notice problem={{ message: `Alarm: the gate ${rollout.alarm} failed.${rollout.state === "rolled_back" ? " It was rolled back." : " The plan says to go on."}` }} />}
      {trouble !== "" && <Notice problem={{ message: `This server gives it to nobody: ${trouble}` }} />}
    </>
  );
}

function Gates({ rollout }: { rollout: Rollout }) {
  const [across, setAcross] = useState<Across>("users");
  if (rollout.gates.length === 0) return <section class="panel" aria-label="Gates"><h2>Gates</h2><p class="quiet">No gate applies to this stage: nothing is compared, and nothing stops it but you.</p></section>;
  return (
    <section class="panel" aria-label="Gates">
      <div class="row spread">
        <h2>Gates <span class="quiet">of stage {rollout.stage}, {rollout.stages[rollout.stage - 1]}; more is worse; a user counts once</span></h2>
        <div class="segments" role="group" aria-label="Charts by">
          {(["users", "time"] as const).map((each) => <button key={each} aria-pressed={each === across} onClick={() => setAcross(each)}>by {each}</button>)}
        </div>
      </div>
      <div class="gates">{rollout.gates.map((gate) => <GateCard key={gate.name} gate={gate} rollout={rollout} across={across} />)}</div>
      <p class="quiet">The intervals hold at every look. Passed means that enough users were seen and nothing was shown to be worse; it is no proof of no harm.</p>
    </section>
  );
}

export function RolloutDetails({ rollout, done, planAnew }: { rollout: Rollout; done: () => Promise<void>; planAnew: () => void }) {
  const text = reviewable(rollout.plan);
  return (
    <>
      <section class="panel" aria-label={`Rollout ${rollout.name}`}>
        <h2>{rollout.name} <span class={`badge ${rollout.state}`}>{stateText(rollout)}</span> <span class="quiet">{hereText(rollout)}</span></h2>
        {rollout.plan.note !== "" && <p>{rollout.plan.note}</p>}
        <Alarm rollout={rollout} />
        <Stages rollout={rollout} />
        <Steps key={rollout.name} rollout={rollout} done={done} />
        <Facts rollout={rollout} />
        <details>
          <summary>The plan</summary>
          <pre class="code" tabIndex={0} aria-label="Plan">{text}</pre>
          <div class="row">
            <CopyButton text={text} kind="small" />
            <button class="small" onClick={planAnew}>{rollout.state === "planned" ? "Change it" : "Use it for a new one"}</button>
          </div>
        </details>
      </section>
      {rollout.state !== "planned" && <Gates rollout={rollout} />}
    </>
  );
}

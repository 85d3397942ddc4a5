// What a person does with a rollout: approve, start, promote, roll back. What the rules refuse says why.
import { useId, useState } from "preact/hooks";
import { Dialog } from "../parts/dialog";
import { Notice } from "../parts/notice";
import { useServed } from "../served";
import { asProblem, type Problem } from "../server/problem";
import { stepRollout, type Rollout, type RolloutStep } from "../server/rollouts";
import { nextStage, whyNot } from "./rollout_rules";

const longestReason = 500;

/** Asks once, with a reason to type. */
function RollBackDialog({ title, close, rollBack }: { title: string; close: () => void; rollBack: (reason: string) => void }) {
  const [reason, setReason] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    rollBack(reason.trim());
    close();
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={submit}>
        <p>From the next token on nobody gets the treatment. It cannot be started again.</p>
        <label>Reason, for the audit log <input autofocus maxLength={longestReason} value={reason} onInput={(event) => setReason(event.currentTarget.value)} /></label>
        <div class="row">
          <button class="danger">Roll back now</button>
          <button type="button" onClick={close}>Leave it running</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Takes a step and then shows what became of it; a refusal stays until the next step. */
function useSteps(done: () => Promise<void>) {
  const { report } = useServed();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const take = async (names: string[], step: RolloutStep, reason = "") => {
    setBusy(true);
    setProblem(null);
    const taken = await Promise.allSettled(names.map((name) => stepRollout(name, step, reason)));
    const failed = taken.find((each) => each.status === "rejected");
    if (failed) {
      setProblem(asProblem(failed.reason));
      report(asProblem(failed.reason));
    }
    await done();
    setBusy(false);
  };
  return { problem, busy, take: (...step: Parameters<typeof take>) => void take(...step) };
}

function Step({ words, kind = "", refused, busy, take }: { words: string; kind?: string; refused: string; busy: boolean; take: () => void }) {
  const why = useId();
  return (
    <div class="step">
      <button class={kind} disabled={refused !== "" || busy} aria-describedby={refused === "" ? undefined : why} onClick={take}>{words}</button>
      {refused !== "" && <span id={why} class="quiet">{refused}</span>}
    </div>
  );
}

const wantsApproval = ({ approvals, state }: Rollout) => state !== "rolled_back" && approvals.given.length < approvals.needed;

export function Steps({ rollout, done }: { rollout: Rollout; done: () => Promise<void> }) {
  const { problem, busy, take } = useSteps(done);
  const [asking, setAsking] = useState(false);
  const step = (name: RolloutStep) => ({ refused: whyNot(name, rollout), busy, take: () => take([rollout.name], name) });
  const next = nextStage(rollout);
  if (rollout.state === "rolled_back") return null;
  return (
    <div class="stepping" role="group" aria-label="Steps">
      {rollout.state === "planned" && <Step words={`Start with ${next}`} kind="main" {...step("start")} />}
      {rollout.state === "running" && <Step words={next ? `Promote to ${next}` : "Promote"} kind="main" {...step("promote")} />}
      {wantsApproval(rollout) && <Step words={rollout.state === "planned" ? "Approve the start" : "Approve the next stage"} {...step("approve")} />}
      {rollout.state === "running" && <Step words="Roll back" kind="danger big" refused="" busy={busy} take={() => setAsking(true)} />}
      {problem && <Notice problem={problem} />}
      {asking && <RollBackDialog title={`Roll back ${rollout.name}?`} close={() => setAsking(false)} rollBack={(reason) => take([rollout.name], "rollback", reason)} />}
    </div>
  );
}

/** Every one that runs, whichever is looked at. */
export function RollBackAll({ running, done }: { running: string[]; done: () => Promise<void> }) {
  const { problem, busy, take } = useSteps(done);
  const [asking, setAsking] = useState(false);
  return (
    <>
      {running.length > 0 && <button class="danger" disabled={busy} onClick={() => setAsking(true)}>Roll back all ({running.length})</button>}
      {problem && <Notice problem={problem} />}
      {asking && <RollBackDialog title={`Roll back ${running.join(", ")}?`} close={() => setAsking(false)} rollBack={(reason) => take(running, "rollback", reason)} />}
    </>
  );
}

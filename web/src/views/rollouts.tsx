import { useState } from "preact/hooks";
import { RoleNotice } from "../parts/role_notice";
import { NoRegistry } from "../parts/no_registry";
import type { Rollout } from "../server/rollouts";
import { reviewable } from "../steering/json_lines";
import { freeName } from "../steering/plan";
import { PlanEditor } from "./plan_editor";
import { clock, hereText, RolloutDetails } from "./rollout_details";
import { stateText } from "./rollout_rules";
import { RollBackAll } from "./rollout_steps";
import { useRollouts } from "./rollouts_state";

const noRegistry = {
  title: "This server has no rollouts",
  gain: "Start it with a registry, and concepts go to more and more users, each stage held to what its answers show:",
  note: "The folder is made where there is none. Servers that share it share their rollouts.",
};

const stageText = (rollout: Rollout) => `stage ${rollout.stage} of ${rollout.stages.length}, ${rollout.stages[rollout.stage - 1]}`;

function Item({ rollout, shown, choose }: { rollout: Rollout; shown: boolean; choose: () => void }) {
  const here = hereText(rollout);
  return (
    <li>
      <button aria-pressed={shown} onClick={choose}>
        <span>{rollout.name} <span class={`badge ${rollout.state}`}>{stateText(rollout)}</span></span>
        <span class="quiet">{stageText(rollout)}{here === "" ? "" : `; ${here}`}</span>
        {rollout.alarm !== null && <span class="troubled">alarm: {rollout.alarm}</span>}
        <span class="quiet">{clock(rollout.changed)} by {rollout.changed_by}</span>
      </button>
    </li>
  );
}

/** The plan of one that was only planned is changed under its name; of another it makes a new one. */
const planAgain = (rollout: Rollout, taken: string[]) =>
  reviewable(rollout.state === "planned" ? rollout.plan : { ...rollout.plan, name: freeName(rollout.name, taken), seed: undefined });

export function Rollouts() {
  const { read, problem, choose, refresh } = useRollouts();
  const [draft, setDraft] = useState<string | null>(null);
  if (problem?.code === "no_registry") return <NoRegistry {...noRegistry} />;
  const notice = problem && <RoleNotice problem={problem} what="Rollouts are shown" />;
  if (!read) return notice ?? <p class="quiet" role="status">Reading the rollouts …</p>;
  const { list, shown } = read;
  const names = list.map((each) => each.name);
  const editing = draft !== null || list.length === 0;
  const planned = (name: string) => {
    setDraft(null);
    choose(name);
    void refresh();
  };
  return (
    <>
      {notice}
      <div class="library">
        <aside class="panel">
          <h2>Rollouts <span class="quiet">{list.length === 0 ? "none yet" : list.length}</span></h2>
          <ul class="names">
            {list.map((each) => <Item key={each.name} rollout={each} shown={!editing && each.name === shown?.name} choose={() => (setDraft(null), choose(each.name))} />)}
          </ul>
          <button disabled={editing} onClick={() => setDraft("")}>New plan</button>
          <RollBackAll running={list.filter((each) => each.state === "running").map((each) => each.name)} done={refresh} />
        </aside>
        <div class="stack">
          {editing && <PlanEditor key={draft ?? ""} first={draft ?? ""} taken={names} planned={planned} close={list.length ? () => setDraft(null) : null} />}
          {!editing && shown && <RolloutDetails rollout={shown} done={refresh} planAnew={() => setDraft(planAgain(shown, names))} />}
        </div>
      </div>
    </>
  );
}

// The rollouts as the server has them, read anew every few seconds while they are looked at.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useServed } from "../served";
import { asProblem, type Problem } from "../server/problem";
import { listRollouts, showRollout, type Rollout } from "../server/rollouts";

const every = 3000; // ms

const nameInAddress = () => {
  try {
    return decodeURIComponent(location.hash.split("/").slice(1).join("/"));
  } catch {
    return ""; // somebody else's address
  }
};

interface Read {
  list: Rollout[];
  /** The chosen one, with its gates' course. */
  shown: Rollout | null;
}

const order: Rollout["state"][] = ["running", "planned", "rolled_back"];
const runningFirst = (list: Rollout[]) => [...list].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));

/** The one by that name, else the first. */
const chosenOf = (list: Rollout[], name: string) => (list.find((each) => each.name === name) ?? list[0])?.name ?? null;

async function readAll(name: string): Promise<Read> {
  const list = runningFirst(await listRollouts());
  const chosen = chosenOf(list, name);
  return { list, shown: chosen === null ? null : await showRollout(chosen) };
}

/** Asking again would get the same answer. */
const settled = (problem: Problem) => problem.code === "no_registry" || ["forbidden", "key_needed", "key_unknown"].includes(problem.kind);

export function useRollouts() {
  const { model, report } = useServed();
  const [name, setName] = useState(nameInAddress);
  const [read, setRead] = useState<Read | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const turn = useRef(0);
  /** The last call wins. */
  const refresh = useCallback(async () => {
    const mine = ++turn.current;
    try {
      const fresh = await readAll(name);
      if (mine !== turn.current) return;
      setRead(fresh);
      setProblem(null);
    } catch (error) {
      if (mine !== turn.current) return;
      const found = asProblem(error);
      if (settled(found)) setRead(null);
      setProblem(found);
      report(found);
    }
  }, [name, report]);
  useEffect(() => void refresh(), [refresh, model]);
  const asks = problem === null || !settled(problem);
  useEffect(() => {
    if (!asks) return;
    const look = () => document.visibilityState === "visible" && void refresh();
    const timer = setInterval(look, every);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [refresh, asks]);
  useEffect(() => () => void ++turn.current, []);
  const choose = (chosen: string) => {
    history.replaceState(null, "", `#rollouts/${encodeURIComponent(chosen)}`);
    setName(chosen);
  };
  return { read, problem, choose, refresh };
}

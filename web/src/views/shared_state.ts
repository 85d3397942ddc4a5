// The personas that a team shares, as the server's registry has them.
import { useCallback, useEffect, useState } from "preact/hooks";
import { useServed } from "../served";
import { listVectorFiles } from "../server/client";
import { listShared, type SharedPersona } from "../server/personas";
import { asProblem, type Problem } from "../server/problem";

export interface Shared {
  /** Null: not read yet, or the server has none to give. */
  list: SharedPersona[] | null;
  problem: Problem | null;
  refresh: () => Promise<void>;
}

/** Reads at once, and again whenever the server was asked anew, as with another key. */
export function useShared(): Shared {
  const { model, report } = useServed();
  const [list, setList] = useState<SharedPersona[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const refresh = useCallback(async () => {
    try {
      setList(await listShared());
      setProblem(null);
    } catch (error) {
      const found = asProblem(error);
      if (found.code === "no_registry") setList(null);
      setProblem(found);
      report(found);
    }
  }, [report]);
  useEffect(() => void refresh(), [refresh, model]);
  return { list, problem, refresh };
}

/** Whether this key may change what the team shares, as it may load concepts; null: not known yet. */
export function useMayShare(): boolean | null {
  const { model } = useServed();
  const [may, setMay] = useState<boolean | null>(null);
  useEffect(() => {
    let left = false;
    listVectorFiles().then(() => !left && setMay(true), (error) => !left && setMay(asProblem(error).kind === "forbidden" ? false : null));
    return () => void (left = true);
  }, [model]);
  return may;
}

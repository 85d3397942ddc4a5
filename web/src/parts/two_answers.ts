// The same prompt asked twice: unsteered and steered.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useServed } from "../served";
import { noAnswer, streamAnswer, type Answer, type Ask } from "../server/answer";
import { asProblem, type Problem } from "../server/problem";

export interface Side {
  answer: Answer;
  running: boolean;
  problem: Problem | null;
}

const idle: Side = { answer: noAnswer, running: false, problem: null };

/** The steered request, and the same without concepts that still reads their signals. */
export const unsteered = (request: Ask): Ask => ({ ...request, concepts: [] });

export function useTwoAnswers() {
  const { report } = useServed();
  const [base, setBase] = useState(idle);
  const [steered, setSteered] = useState(idle);
  const running = useRef<AbortController | null>(null);

  const write = useCallback(async (request: Ask, signal: AbortSignal, set: (change: (side: Side) => Side) => void) => {
    set(() => ({ ...idle, running: true }));
    let waiting: Answer | null = null;
    const paint = () => {
      const answer = waiting;
      waiting = null;
      if (answer && !signal.aborted) set((side) => ({ ...side, answer }));
    };
    const show = (answer: Answer) => {
      if (waiting === null) requestAnimationFrame(paint);
      waiting = answer;
    };
    try {
      const answer = await streamAnswer(request, signal, show);
      set((side) => ({ ...side, answer, running: false }));
    } catch (error) {
      const problem = asProblem(error);
      const last = waiting;
      set((side) => ({ answer: last ?? side.answer, running: false, problem }));
      report(problem);
    }
  }, [report]);

  const stop = useCallback(() => running.current?.abort(), []);
  const start = useCallback((request: Ask) => {
    stop();
    const control = new AbortController();
    running.current = control;
    const guarded = (set: typeof setBase) => (change: (side: Side) => Side) => running.current === control && set(change);
    void write(unsteered(request), control.signal, guarded(setBase));
    void write(request, control.signal, guarded(setSteered));
  }, [stop, write]);
  const clear = useCallback(() => (stop(), (running.current = null), setBase(idle), setSteered(idle)), [stop]);
  useEffect(() => stop, [stop]);

  return { base, steered, start, stop, clear, running: base.running || steered.running };
}

import { useServed } from "../served";
import { Problem } from "../server/problem";
import { Notice } from "./notice";

/** A problem of a view that takes a key of role administer; where that is the problem, another one can be entered. */
export function AdministerNotice({ problem, what }: { problem: Problem; what: string }) {
  const { report } = useServed();
  const askForKey = () => report(new Problem("key_needed", `${what} to a key of role administer. Enter one to go on.`));
  return <Notice problem={problem}>{problem.kind === "forbidden" && <button onClick={askForKey}>Enter another key</button>}</Notice>;
}

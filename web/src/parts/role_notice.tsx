import { useServed } from "../served";
import { Problem } from "../server/problem";
import { Notice } from "./notice";

/** A problem of what takes a key of some role; where that is the problem, another one can be entered. */
export function RoleNotice({ problem, what, role = "administer" }: { problem: Problem; what: string; role?: string }) {
  const { report } = useServed();
  const askForKey = () => report(new Problem("key_needed", `${what} to a key of role ${role}. Enter one to go on.`));
  return <Notice problem={problem}>{problem.kind === "forbidden" && <button type="button" onClick={askForKey}>Enter another key</button>}</Notice>;
}

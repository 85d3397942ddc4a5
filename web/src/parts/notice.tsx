import type { ComponentChildren } from "preact";

/** Something went wrong, in words. */
export function Notice({ problem, children }: { problem: { message: string }; children?: ComponentChildren }) {
  return (
    <div class="notice" role="alert">
      <p>{problem.message}</p>
      {children}
    </div>
  );
}

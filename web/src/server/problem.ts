// What went wrong, in words for the person at the page.

export type ProblemKind = "key_needed" | "key_unknown" | "forbidden" | "unreachable" | "cut_off" | "busy" | "refused";

export class Problem extends Error {
  constructor(
    readonly kind: ProblemKind,
    message: string,
    /** The server's own word for it, for programs; empty: none. */
    readonly code = "",
  ) {
    super(message);
  }
}

interface ErrorBody {
  error?: { message?: unknown; code?: unknown };
}

function codeOf(body: unknown): string {
  const code = (body as ErrorBody | null)?.error?.code;
  return typeof code === "string" ? code : "";
}

function messageOf(body: unknown): string {
  const message = (body as ErrorBody | null)?.error?.message;
  return typeof message === "string" && message !== "" ? message : "the server gave no reason";
}

export const unreachable = () =>
  new Problem("unreachable", "The server cannot be reached. Is contrans serve still running, and is the network up?");

export const cutOff = () =>
  new Problem("cut_off", "The connection ended in the middle of the answer: the server went away. What had come is kept.");

/** Of an answer that is no success. */
export function problemOf(status: number, body: unknown, hadKey: boolean, retryAfter: string | null): Problem {
  const message = messageOf(body);
  if (status === 401 && !hadKey) return new Problem("key_needed", "This server asks for a key. Enter yours to go on.");
  if (status === 401) return new Problem("key_unknown", "The server does not know this key. Check it and enter it again.");
  if (status === 403) return new Problem("forbidden", `This key may not do that: ${message}`);
  if (status === 429) {
    const wait = retryAfter ? `Try again in ${retryAfter} s.` : "Try again in a moment.";
    const why = codeOf(body) === "queue_full" ? " and its queue is full" : `: ${message}`;
    return new Problem("busy", `The server is busy${why}. ${wait}`, codeOf(body));
  }
  if (status === 503) return new Problem("busy", `The server takes no requests now: ${message}`);
  if (status >= 500) return new Problem("refused", `The server failed: ${message}`);
  return new Problem("refused", `The server refused this: ${message}`, codeOf(body));
}

/** Of an event in a stream that says why the answer ended. */
export const problemInStream = (body: unknown) => new Problem("cut_off", `The answer was ended by the server: ${messageOf(body)}`);

/** The problem's own words; another error is a fault of the page. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem("refused", `The page failed: ${error instanceof Error ? error.message : String(error)}`);
}

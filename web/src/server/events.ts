// Server-sent events of a response, one JSON text after the other.
import { cutOff } from "./problem";

const done = "[DONE]";

/** The data of each event until the end event. Throws Problem where the stream ends before it. */
export async function* eventsOf(response: Response, signal: AbortSignal): AsyncGenerator<unknown> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    const piece = await next(reader, signal);
    if (piece === null) throw cutOff();
    pending += piece;
    const events = pending.split("\n\n");
    pending = events.pop() ?? "";
    for (const event of events) {
      const data = event.startsWith("data: ") ? event.slice(6) : "";
      if (data === done) return;
      if (data !== "") yield JSON.parse(data) as unknown;
    }
  }
}

/** Null: the stream is at its end, or broke. */
async function next(reader: ReadableStreamDefaultReader<string>, signal: AbortSignal): Promise<string | null> {
  try {
    const { value, done: ended } = await reader.read();
    return ended ? null : value;
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}

// What the server has, shared by the views.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Problem } from "./server/problem";
import type { ConceptDetails, ServedConcept, ServedModel } from "./server/types";

export interface Served {
  model: ServedModel;
  concepts: ServedConcept[];
  details: Record<string, ConceptDetails>;
  /** Fetches details that are not there yet. */
  wantDetails(names: string[]): void;
  reload(): Promise<void>;
  /** A 401 anywhere: the page asks for the key. */
  report(problem: Problem): void;
}

export const ServedContext = createContext<Served | null>(null);

export function useServed(): Served {
  const served = useContext(ServedContext);
  if (!served) throw new Error("no server was read yet");
  return served;
}

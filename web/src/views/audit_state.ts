// What the audit view has read: records newest first, older ones behind them on demand.
import { useEffect, useRef, useState } from "preact/hooks";
import { useServed } from "../served";
import { listAudit, verifyAudit } from "../server/client";
import { asProblem, type Problem } from "../server/problem";
import type { AuditCheck, AuditRecord } from "../server/types";

/** Empty: any. Times as the fields of a form give them, "2026-01-31T12:34", and meant as UTC. */
export interface AuditFilter {
  actor: string;
  action: string;
  concept: string;
  from: string;
  before: string;
}

export const everything: AuditFilter = { actor: "", action: "", concept: "", from: "", before: "" };

/** Browsers leave the seconds out where they are 0. */
const utcOf = (local: string) => (local === "" ? "" : `${local}${local.length === 16 ? ":00" : ""}Z`);

function wantedOf(filter: AuditFilter, older: AuditRecord[]): Record<string, string> {
  const last = older[older.length - 1];
  const wanted = { ...filter, actor: filter.actor.trim(), action: filter.action.trim(), concept: filter.concept.trim() };
  return { ...wanted, from: utcOf(filter.from), before: utcOf(filter.before), up_to: last ? String(last.place - 1) : "" };
}

interface Shown {
  filter: AuditFilter;
  records: AuditRecord[];
  more: boolean;
}

/** Reads at once, and again whenever the server was asked anew, as with another key. */
export function useAudit() {
  const { model, report } = useServed();
  const [shown, setShown] = useState<Shown | null | undefined>(undefined); // not yet; null: could not be read
  const [problem, setProblem] = useState<Problem | null>(null);
  const [reading, setReading] = useState(false);
  const turn = useRef(0);
  /** The last call wins; the answers to those before it are left. */
  const read = async (filter: AuditFilter, before: AuditRecord[]) => {
    const mine = ++turn.current;
    setReading(true);
    setProblem(null);
    try {
      const page = await listAudit(wantedOf(filter, before));
      if (mine === turn.current) setShown({ filter, records: [...before, ...page.data], more: page.more });
    } catch (error) {
      if (mine !== turn.current) return;
      if (before.length === 0) setShown(null);
      setProblem(asProblem(error));
      report(asProblem(error));
    }
    if (mine === turn.current) setReading(false);
  };
  useEffect(() => void read(shown?.filter ?? everything, []), [model]);
  const older = () => shown && void read(shown.filter, shown.records);
  return { shown, problem, reading, show: (filter: AuditFilter) => void read(filter, []), older };
}

export type Verification = { state: "none" | "running" } | { state: "done"; found: AuditCheck } | { state: "failed"; problem: Problem };

export function useVerification() {
  const { report } = useServed();
  const [verification, set] = useState<Verification>({ state: "none" });
  const verify = async () => {
    set({ state: "running" });
    try {
      set({ state: "done", found: await verifyAudit() });
    } catch (error) {
      set({ state: "failed", problem: asProblem(error) });
      report(asProblem(error));
    }
  };
  return { verification, verify: () => void verify() };
}

/** Records that have the words in any of their fields, whatever the case. */
export function withWords(records: AuditRecord[], words: string): AuditRecord[] {
  const wanted = words.trim().toLowerCase();
  return wanted === "" ? records : records.filter((record) => Object.values(record).join("\n").toLowerCase().includes(wanted));
}

const columns = ["place", "time", "actor", "action", "concept", "version", "dose", "layers", "rollout", "outcome", "detail", "hash"] as const;

/** RFC 4180, as `contrans audit export` writes it: what a spreadsheet would take for a formula gets a "'" before it. */
function field(value: string | number): string {
  if (typeof value === "number") return String(value);
  return `"${/^[=+\-@\t\r]/.test(value) ? "'" : ""}${value.replaceAll('"', '""')}"`;
}

export const asCsv = (records: AuditRecord[]) =>
  [columns.join(","), ...records.map((record) => columns.map((column) => (column === "time" ? record.time : field(record[column]))).join(","))].map((line) => `${line}\r\n`).join("");

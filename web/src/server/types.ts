// What the server sends, as docs/serve.md describes it.

export interface Agreement {
  carried: number;
  shuffled_map: number | null;
  shuffled_labels: number | null;
}

export interface Evidence {
  concept: string;
  method: string;
  source: { name: string; architecture: string };
  source_layer: number;
  fit: string;
  rows: number;
  held_out_r2: number | null;
  token_match: number | null;
  chosen_by: string;
  agreement: Agreement | null;
  /** Of vectors that `transplant` gave a signature. */
  effect: { promoted: string[]; suppressed: string[] } | null;
  dev: { value: number | null; unsteered: number | null };
  kl_nats: number | null;
  tool_version: string;
}

export interface LayerDose {
  layer: number;
  dose: number | null;
  sigma: number | null;
}

export interface ServedConcept {
  name: string;
  concept: string | null;
  dose_range: [number, number];
  usual_dose: number;
  layers: number[];
  file: string;
  sha256: string;
  target_name: string | null;
  layer_doses: LayerDose[];
  evidence: Evidence | null;
  combination: { how: string; parts: string[] } | null;
}

export interface ReportResult {
  vector: string;
  role: string;
  n: number;
  value: number;
  low: number;
  high: number;
  recovery: number | null;
  recovery_low: number | null;
  recovery_high: number | null;
  kl_nats: number | null;
  percentile95: number | null;
}

export interface DosePoint {
  dose: number;
  value: number;
  kl_nats: number;
}

/** What `contrans evaluate` found out on one task. */
export interface Report {
  task: string;
  metric: string;
  budget_nats: number | null;
  date: string;
  verdict: { outcome: string; passed: boolean; text: string } | null;
  results: ReportResult[];
  dose_curve: DosePoint[];
}

export interface ConceptDetails extends ServedConcept {
  reports: Report[];
  report_problem: string | null;
}

export interface ServedModel {
  id: string;
  contrans: { architecture: string; layers: number; width: number; context: number; chat_template: boolean; version: string };
}

export type Operator = "add" | "project_out" | "add_keeping_norm" | "clamp";
export type TokenRange = "both" | "prompt" | "generated";

export interface AppliedConcept {
  concept: string;
  dose: number;
  coefficient: number | null;
  operator: Operator;
  tokens: TokenRange;
  layers: number[];
}

/** One line of the audit log (docs/audit.md); what does not apply is empty. */
export interface AuditRecord {
  place: number;
  /** "2026-01-31T12:34:56.123456Z" */
  time: string;
  at: number;
  actor: string;
  action: string;
  /** Of several concepts a list with ";" between, as are the next three. */
  concept: string;
  version: string;
  dose: string;
  layers: string;
  rollout: string;
  outcome: string;
  detail: string;
  hash: string;
}

/** Newest first. */
export interface AuditPage {
  data: AuditRecord[];
  more: boolean;
}

export interface AuditCheck {
  holds: boolean;
  records: number;
  /** "PLACE:HASH" */
  end: string;
  clock_set_back: number;
  n_problems: number;
  /** The first of them. */
  problems: string[];
}

/** Cosine of every two concepts; null where they share no layer. */
export interface Conflicts {
  concepts: string[];
  cosines: (number | null)[][];
}

// One gate of a rollout: treatment against control, and how the interval of their difference went.
import { useMemo } from "preact/hooks";
import { LineChart, type Line } from "../parts/line_chart";
import type { Gate, GateReading, Rollout } from "../server/rollouts";
import { gateWords } from "./rollout_rules";

export type Across = "users" | "time";

const asPercent = (value: number) => `${(100 * value).toFixed(1)} %`;
const asPoints = (value: number) => `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)}`;
const meanText = ({ mean, users }: { mean: number | null; users: number }) => `${mean === null ? "–" : asPercent(mean)} of ${users.toLocaleString("en")} user${users === 1 ? "" : "s"}`;

interface Kind {
  what: string;
  limit: string;
  text: (value: number) => string;
  value: (reading: GateReading) => number | null;
}

const difference: Kind = {
  what: "difference",
  limit: "limit",
  text: asPoints,
  value: ({ treatment, control }) => (treatment.mean === null || control.mean === null ? null : treatment.mean - control.mean),
};
const treatmentAlone: Kind = { what: "treatment", limit: "limit", text: asPercent, value: ({ treatment }) => treatment.mean };
const share: Kind = {
  what: "share of the treatment",
  limit: "planned",
  text: asPercent,
  value: ({ treatment, control }) => (treatment.users + control.users === 0 ? null : treatment.users / (treatment.users + control.users)),
};

const kindOf = (name: string) => (name === "sample_ratio" ? share : name.includes(", at most ") ? treatmentAlone : difference);

/** Intervals begin as wide as they can be: the picture shows what the second half of them and the limit need. */
function rangeOf(readings: GateReading[]): [number, number] {
  const half = readings.slice(Math.floor(readings.length / 2));
  const values = half.flatMap(({ low, high, limit }) => [low, high, limit]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.1 * Math.max(high - low, 0.001);
  return [100 * (low - room), 100 * (high + room)];
}

function drawingOf(gate: Gate, kind: Kind, across: Across) {
  const { moments } = gate;
  const line = (name: string, colour: string, value: (reading: GateReading) => number | null, more: Partial<Line> = {}): Line => ({
    name,
    colour,
    values: moments.map((moment) => { const v = value(moment); return v === null ? null : 100 * v; }),
    ...more,
  });
  return {
    x: moments.map((moment) => (across === "time" ? Date.parse(moment.at) / 1000 : moment.treatment.users + moment.control.users)),
    lines: [
      line("", "--accent", ({ high }) => high, { thin: true }),
      line("interval", "--accent", ({ low }) => low, { thin: true }),
      line(kind.what, "--accent", kind.value),
      line(kind.limit, "--bad", ({ limit }) => limit, { dashed: true }),
    ],
    range: rangeOf(moments),
  };
}

function Course({ gate, kind, across }: { gate: Gate; kind: Kind; across: Across }) {
  const course = JSON.stringify(gate.moments); // read anew every few seconds, drawn anew where it changed
  const drawn = useMemo(() => drawingOf(gate, kind, across), [course, kind, across]);
  const cut = gate.moments.length === 0 && gate.treatment.users + gate.control.users > 0;
  if (cut) return <p class="quiet">How it came there was removed (contrans rollout cut).</p>;
  if (gate.moments.length < 2) return <p class="quiet">The chart begins with the second user.</p>;
  const { low, high, limit } = gate;
  const summary = `${gate.name} by ${across}: ${kind.what} ${textOf(gate, kind)}, interval ${kind.text(low)} to ${kind.text(high)}, ${kind.limit} ${kind.text(limit)}`;
  return <LineChart summary={summary} xName={across === "time" ? "time, UTC" : "users"} height={150} band={[0, 1]} time={across === "time"} {...drawn} />;
}

function textOf(gate: Gate, kind: Kind): string {
  const value = kind.value(gate);
  return value === null ? "–" : kind.text(value);
}

const stateClass: Record<Gate["state"], string> = { no_data: "", waiting: "", passed: "good", failed: "bad" };

function stateText(gate: Gate, rollout: Rollout): string {
  if (gate.state !== "waiting") return gateWords[gate.state];
  const fewest = kindOf(gate.name) === treatmentAlone ? gate.treatment.users : Math.min(gate.treatment.users, gate.control.users);
  return `waiting: ${fewest} of ${rollout.plan.least_users}`;
}

export function GateCard({ gate, rollout, across }: { gate: Gate; rollout: Rollout; across: Across }) {
  const kind = kindOf(gate.name);
  const points = kind === difference ? " points" : "";
  return (
    <section class="gate" aria-label={`Gate ${gate.name}`}>
      <h3>{gate.name} <span class={`badge ${stateClass[gate.state]}`}>{stateText(gate, rollout)}</span></h3>
      <dl>
        <div><dt>treatment</dt><dd>{kind === share ? `${gate.treatment.users.toLocaleString("en")} users` : meanText(gate.treatment)}</dd></div>
        {kind !== treatmentAlone && <div><dt>control</dt><dd>{kind === share ? `${gate.control.users.toLocaleString("en")} users` : meanText(gate.control)}</dd></div>}
        <div><dt>{kind === treatmentAlone ? "interval" : kind.what}</dt><dd>{kind === treatmentAlone ? "" : textOf(gate, kind)} <span class="quiet">[{kind.text(gate.low)}, {kind.text(gate.high)}]{points}</span></dd></div>
        <div><dt>{kind.limit}</dt><dd>{kind.text(gate.limit)}{points}</dd></div>
      </dl>
      <Course gate={gate} kind={kind} across={across} />
    </section>
  );
}

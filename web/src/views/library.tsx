import { useEffect, useMemo, useState } from "preact/hooks";
import { LineChart } from "../parts/line_chart";
import { nats } from "../parts/mix_editor";
import { Notice } from "../parts/notice";
import { useServed } from "../served";
import { listVectorFiles, loadConcept, showConflicts, unloadConcept } from "../server/client";
import { asProblem, type Problem } from "../server/problem";
import type { ConceptDetails, Conflicts, Evidence, Report, ReportResult, ServedConcept } from "../server/types";
import { mostConcepts, rounded, signed } from "../steering/mix";

const two = (value: number | null) => (value === null ? "–" : value.toFixed(2));

const roleWords: Record<string, string> = {
  none: "unsteered",
  transplanted: "this vector",
  paper: "this vector",
  native: "native vector",
  prompt: "asked for in the prompt",
  "shuffled-map": "control: shuffled map",
  "shuffled-labels": "control: shuffled labels",
  "random-covariance": "control: random, like the target",
  "random-isotropic": "control: random",
};

const outcomeWords: Record<string, string> = {
  works: "works",
  native_is_better: "works; native is better",
  untested: "not tested against controls",
  no_better_than_controls: "no better than controls",
  no_effect: "no effect",
  damages: "over the damage budget",
  cannot_tell: "cannot tell",
};

function Bar({ result }: { result: ReportResult }) {
  const own = result.role === "transplanted" || result.role === "paper";
  return (
    <div class={`bar ${own ? "own" : ""}`} aria-hidden="true" style={{ "--value": result.value, "--low": result.low, "--high": result.high }}>
      <span class="fill" />
      <span class="span" />
    </div>
  );
}

function Results({ report }: { report: Report }) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={`Results on ${report.task}`}>
      <table class="results">
        <thead><tr><th scope="col">{report.metric}</th><th scope="col" class="wide"><span class="unseen">picture</span></th><th scope="col">value [95%]</th><th scope="col">recovery</th><th scope="col">damage</th></tr></thead>
        <tbody>
          {report.results.map((result) => (
            <tr key={result.vector} class={result.role === "transplanted" ? "own" : ""}>
              <th scope="row">{roleWords[result.role] ?? result.role}</th>
              <td class="wide"><Bar result={result} /></td>
              <td>{two(result.value)} <span class="quiet">[{two(result.low)}, {two(result.high)}]</span></td>
              <td>{two(result.recovery)}</td>
              <td>{result.kl_nats === null ? "–" : nats(result.kl_nats)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Behaviour and damage by dose, on development items. */
function DoseCurve({ report, concept }: { report: Report; concept: ServedConcept }) {
  const drawn = useMemo(() => {
    const points = [...report.dose_curve].sort((a, b) => a.dose - b.dose);
    const budget = report.budget_nats;
    return {
      x: points.map((point) => point.dose),
      lines: [
        { name: report.metric, colour: "--accent", values: points.map((point) => point.value), points: true },
        { name: "damage, nat", colour: "--warn", values: points.map((point) => point.kl_nats), points: true },
        ...(budget === null ? [] : [{ name: "damage budget", colour: "--base", values: points.map(() => budget), dashed: true }]),
      ],
    };
  }, [report]);
  if (report.dose_curve.length < 2) return null;
  const summary = report.dose_curve.map((point) => `dose ${rounded(point.dose)}: ${report.metric} ${two(point.value)}, damage ${nats(point.kl_nats)}`).join("; ");
  return (
    <>
      <h3>By dose <span class="quiet">development items; the usual dose is {signed(concept.usual_dose)}</span></h3>
      <LineChart summary={summary} xName="dose" {...drawn} />
    </>
  );
}

function ReportPart({ report, concept }: { report: Report; concept: ServedConcept }) {
  return (
    <section aria-label={`Report on ${report.task}`}>
      <h3>Task {report.task} <span class="quiet">{report.results[0]?.n ?? 0} items{report.date ? `, ${report.date.slice(0, 10)}` : ""}</span></h3>
      {report.verdict && <p class={`verdict ${report.verdict.passed ? "good" : "bad"}`}><strong>{outcomeWords[report.verdict.outcome] ?? report.verdict.outcome}</strong> {report.verdict.text}</p>}
      <Results report={report} />
      <DoseCurve report={report} concept={concept} />
    </section>
  );
}

/** Blocks of the target, those that are steered marked. */
function LayerStrip({ concept }: { concept: ServedConcept }) {
  const { model } = useServed();
  const cells = Array.from({ length: model.contrans.layers }, (_, i) => concept.layer_doses.find((each) => each.layer === i));
  const words = concept.layer_doses.map((each) => `${each.layer}${each.dose === null ? "" : ` at dose ${signed(each.dose)}`}`).join(", ");
  return (
    <div class="layers" role="img" aria-label={`Steers layer ${words} of ${model.contrans.layers}`}>
      {cells.map((cell, i) => <span key={i} class={cell ? "steered" : ""}>{cell ? i : ""}</span>)}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

const agreementText = ({ agreement }: Evidence) =>
  agreement ? `${two(agreement.carried)} (shuffled map ${two(agreement.shuffled_map)}, shuffled labels ${two(agreement.shuffled_labels)})` : "not measured";

function Facts({ concept }: { concept: ServedConcept }) {
  const { evidence } = concept;
  return (
    <dl class="facts">
      <Fact name="dose">{`${signed(concept.dose_range[0])} to ${signed(concept.dose_range[1])}, usually ${signed(concept.usual_dose)}`}</Fact>
      <Fact name="target">{concept.target_name ?? "unknown: another engine's file"}</Fact>
      {evidence && (
        <>
          <Fact name="concept">{`${evidence.concept} (${evidence.method})`}</Fact>
          <Fact name="source">{`${evidence.source.name}, layer ${evidence.source_layer}`}</Fact>
          <Fact name="map">{`${evidence.fit}, ${evidence.rows} rows, held-out R² ${two(evidence.held_out_r2)}`}</Fact>
          <Fact name="chosen by">{evidence.chosen_by}</Fact>
          <Fact name="development">{evidence.dev.value === null ? "not measured" : `${two(evidence.dev.value)}, unsteered ${two(evidence.dev.unsteered)}`}</Fact>
          <Fact name="agreement with the source">{agreementText(evidence)}</Fact>
          {evidence.effect && <Fact name="promotes">{evidence.effect.promoted.join(", ")}</Fact>}
          {evidence.effect && <Fact name="suppresses">{evidence.effect.suppressed.join(", ")}</Fact>}
          <Fact name="damage at the usual dose">{evidence.kl_nats === null ? "not measured" : nats(evidence.kl_nats)}</Fact>
        </>
      )}
      {concept.combination && <Fact name={concept.combination.how}>{concept.combination.parts.join(", ")}</Fact>}
      <Fact name="file">{`${concept.file}, sha256 ${concept.sha256.slice(0, 12)}…`}</Fact>
    </dl>
  );
}

function Details({ concept, details, unload }: { concept: ServedConcept; details: ConceptDetails | undefined; unload: (() => void) | null }) {
  return (
    <section class="panel" aria-label={`Concept ${concept.name}`}>
      <div class="row spread">
        <h2>{concept.name}</h2>
        {unload && <button class="small" onClick={unload}>Unload</button>}
      </div>
      <LayerStrip concept={concept} />
      <Facts concept={concept} />
      {!details && <p class="quiet" role="status">Reading its report …</p>}
      {details?.report_problem && <Notice problem={{ message: details.report_problem }} />}
      {details?.reports.map((report) => <ReportPart key={report.task} report={report} concept={concept} />)}
      {details && details.reports.length === 0 && !details.report_problem && (
        <p class="quiet">No report lies beside this vector. contrans evaluate writes one: as {concept.file.replace(/\.gguf$/, ".report.json")} in the folder of vectors it is shown here, with recovery and controls.</p>
      )}
    </section>
  );
}

const nearness = (cosine: number) => (Math.abs(cosine) < 0.2 ? "apart" : cosine > 0 ? "the same way" : "against each other");

function ConflictTable({ conflicts }: { conflicts: Conflicts }) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Conflicts">
      <table class="conflicts">
        <thead><tr><td />{conflicts.concepts.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
        <tbody>
          {conflicts.cosines.map((row, i) => (
            <tr key={conflicts.concepts[i]}>
              <th scope="row">{conflicts.concepts[i]}</th>
              {row.map((cosine, j) => (
                <td key={j} class={i === j ? "self" : cosine === null ? "" : cosine < 0 ? "less" : "more"} style={{ "--much": `${Math.round(100 * Math.abs(i === j ? 0 : (cosine ?? 0)))}%` }} title={cosine === null || i === j ? undefined : nearness(cosine)}>
                  {i === j ? "" : two(cosine)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ConflictsPart() {
  const { concepts } = useServed();
  const [names, setNames] = useState(() => concepts.slice(0, 6).map((concept) => concept.name));
  const [conflicts, setConflicts] = useState<Conflicts | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const loaded = names.filter((name) => concepts.some((concept) => concept.name === name));
  const asked = loaded.join(",");
  useEffect(() => {
    setConflicts(null);
    setProblem(null);
    if (loaded.length < 2) return;
    let left = false;
    showConflicts(loaded).then((got) => !left && setConflicts(got), (error) => !left && setProblem(asProblem(error)));
    return () => void (left = true);
  }, [asked, concepts]);
  const toggle = (name: string) => setNames(loaded.includes(name) ? loaded.filter((each) => each !== name) : [...loaded, name]);
  return (
    <section class="panel" aria-label="Conflicts between concepts">
      <h2>Do they get in each other's way?</h2>
      <p class="quiet">Cosine of each two, over the layers that both steer: 1 the same way, 0 apart, −1 against each other; – where they share no layer.</p>
      <div class="chips" role="group" aria-label="Concepts to compare">
        {concepts.map(({ name }) => (
          <button key={name} class="small" aria-pressed={loaded.includes(name)} disabled={!loaded.includes(name) && loaded.length >= mostConcepts} onClick={() => toggle(name)}>{name}</button>
        ))}
      </div>
      {problem && <Notice problem={problem} />}
      {conflicts ? <ConflictTable conflicts={conflicts} /> : loaded.length < 2 && <p class="quiet">Choose two or more.</p>}
    </section>
  );
}

/** For keys that may load; the server says who. */
function LoadPart({ files, done, fail }: { files: string[]; done: () => void; fail: (problem: Problem | null) => void }) {
  const { concepts } = useServed();
  const absent = files.filter((file) => !concepts.some((concept) => concept.file === file));
  const [file, setFile] = useState("");
  const [name, setName] = useState("");
  const chosen = file || absent[0] || files[0] || "";
  const submit = async (event: Event) => {
    event.preventDefault();
    fail(null);
    try {
      await loadConcept(chosen, name.trim());
      setFile("");
      setName("");
      done();
    } catch (error) {
      fail(asProblem(error));
    }
  };
  if (files.length === 0) return <p class="quiet">The folder of vectors has no files to load.</p>;
  return (
    <form class="load" onSubmit={(event) => void submit(event)}>
      <label>File
        <select value={chosen} onChange={(event) => setFile(event.currentTarget.value)}>
          {files.map((each) => <option key={each} value={each}>{each}{absent.includes(each) ? "" : " (loaded)"}</option>)}
        </select>
      </label>
      <label>Name <input value={name} placeholder={chosen.replace(/\.gguf$/, "")} onInput={(event) => setName(event.currentTarget.value)} /></label>
      <button>Load</button>
    </form>
  );
}

/** Null: this key may not load. */
function useVectorFiles(concepts: ServedConcept[]): string[] | null {
  const [files, setFiles] = useState<string[] | null>(null);
  useEffect(() => {
    let left = false;
    listVectorFiles().then((got) => !left && setFiles(got), () => !left && setFiles(null));
    return () => void (left = true);
  }, [concepts]);
  return files;
}

export function Library() {
  const { concepts, details, wantDetails, reload } = useServed();
  const [name, setName] = useState(() => decodeURIComponent(location.hash.split("/")[1] ?? ""));
  const [problem, setProblem] = useState<Problem | null>(null);
  const files = useVectorFiles(concepts);
  const shown = concepts.find((concept) => concept.name === name) ?? concepts[0];
  useEffect(() => void (shown && wantDetails([shown.name])), [shown, concepts]);
  const unload = async (concept: ServedConcept) => {
    if (!confirm(`Unload ${concept.name}? Requests that name it will be refused; running answers keep it.`)) return;
    try {
      await unloadConcept(concept.name);
      setProblem(null);
      await reload();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <div class="library">
      <aside class="panel">
        <h2>Concepts <span class="quiet">{concepts.length} loaded</span></h2>
        <ul class="names">
          {concepts.map((concept) => (
            <li key={concept.name}>
              <button aria-pressed={concept === shown} onClick={() => setName(concept.name)}>
                <span>{concept.name}</span>
                <span class="quiet">{signed(concept.usual_dose)}, layer {concept.layers.join(", ")}</span>
              </button>
            </li>
          ))}
        </ul>
        {problem && <Notice problem={problem} />}
        {files && <LoadPart files={files} done={() => void reload()} fail={setProblem} />}
      </aside>
      <div class="stack">
        {shown ? <Details concept={shown} details={details[shown.name]} unload={files ? () => void unload(shown) : null} /> : <p class="panel quiet">No concept is loaded. Start the server with --vectors FOLDER.</p>}
        {concepts.length > 1 && <ConflictsPart />}
      </div>
    </div>
  );
}

import { useState } from "preact/hooks";
import { RoleNotice } from "../parts/role_notice";
import { CopyButton } from "../parts/copy_button";
import { download } from "../parts/download";
import { NoRegistry } from "../parts/no_registry";
import { Notice } from "../parts/notice";
import { useServed } from "../served";
import type { AuditCheck, AuditRecord } from "../server/types";
import { asCsv, everything, useAudit, useVerification, withWords, type AuditFilter } from "./audit_state";

const count = (n: number, noun: string) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

function Found({ found }: { found: AuditCheck }) {
  const unnamed = found.n_problems - found.problems.length;
  return (
    <>
      <p class={`verdict ${found.holds ? "good" : "bad"}`}>
        <strong>{found.holds ? "holds" : "does not hold"}</strong>
        {found.holds ? `${count(found.records, "record")}, none edited, removed or moved.` : `${count(found.n_problems, "problem")} in ${count(found.records, "record")}:`}
      </p>
      {found.problems.length > 0 && (
        <ul class="problems">
          {found.problems.map((problem) => <li key={problem}>{problem}</li>)}
          {unnamed > 0 && <li>and {unnamed} more</li>}
        </ul>
      )}
      {found.clock_set_back > 0 && <p class="quiet">The clock was set back {count(found.clock_set_back, "time")}; the order is that of records.</p>}
    </>
  );
}

function Verify() {
  const { verification, verify } = useVerification();
  const running = verification.state === "running";
  const found = verification.state === "done" ? verification.found : null;
  return (
    <section class="panel" aria-label="Verify">
      <div class="row spread">
        <h2>Does the log hold?</h2>
        <button class="main" aria-disabled={running} onClick={() => running || verify()}>{running ? "Verifying …" : "Verify"}</button>
      </div>
      <p class="quiet">Each record is chained to the one before it. Verify goes along the whole chain; 100,000 records take a second or so.</p>
      <div role="status">{found && <Found found={found} />}</div>
      {verification.state === "failed" && <Notice problem={verification.problem} />}
      {found && (
        <>
          <div class="row kept">
            <pre class="code" tabIndex={0} aria-label="End of the log">{found.end}</pre>
            <CopyButton text={found.end} />
          </div>
          {found.holds ? (
            <p class="quiet">Keep this line somewhere else. Whoever may write the database could write the whole log anew; <code>contrans audit verify --kept LINE</code> then finds that this record is gone.</p>
          ) : (
            <p class="quiet">This is where the log ends now. Find out what happened, and compare it with a backup, before you keep this line for later checks.</p>
          )}
        </>
      )}
    </section>
  );
}

/** Words that were met, offered while one types. */
function Field({ label, name, value, offered, set }: { label: string; name: string; value: string; offered: string[]; set: (value: string) => void }) {
  return (
    <label>{label}
      <input name={name} value={value} maxLength={80} list={`known-${name}`} autocomplete="off" autocapitalize="off" spellcheck={false} onInput={(event) => set(event.currentTarget.value)} />
      <datalist id={`known-${name}`}>{offered.map((each) => <option key={each} value={each} />)}</datalist>
    </label>
  );
}

const distinct = (words: string[]) => [...new Set(words)].filter((word) => word !== "").sort();
const beginnings = ["audit.", "concept.", "registry.", "request", "serve."];

function Filters({ records, show, reading }: { records: AuditRecord[]; show: (filter: AuditFilter) => void; reading: boolean }) {
  const { concepts } = useServed();
  const [draft, setDraft] = useState(everything);
  const set = (changed: Partial<AuditFilter>) => setDraft({ ...draft, ...changed });
  const submit = (event: Event) => {
    event.preventDefault();
    show(draft);
  };
  const clear = () => {
    setDraft(everything);
    show(everything);
  };
  return (
    <form class="panel" aria-label="Filters" onSubmit={submit}>
      <div class="filters">
        <Field label="Actor" name="actor" value={draft.actor} offered={distinct(records.map((each) => each.actor))} set={(actor) => set({ actor })} />
        <Field label="Action, or its beginning" name="action" value={draft.action} offered={distinct([...beginnings, ...records.map((each) => each.action)])} set={(action) => set({ action })} />
        <Field label="Concept" name="concept" value={draft.concept} offered={distinct([...concepts.map((each) => each.name), ...records.map((each) => each.concept)])} set={(concept) => set({ concept })} />
        <label>From (UTC) <input type="datetime-local" name="from" value={draft.from} onInput={(event) => set({ from: event.currentTarget.value })} /></label>
        <label>Before (UTC) <input type="datetime-local" name="before" value={draft.before} onInput={(event) => set({ before: event.currentTarget.value })} /></label>
      </div>
      <div class="row">
        <button class="main">Show</button>
        <button type="button" onClick={clear}>Clear</button>
        <span class="quiet">A request of two concepts stands as happy;polite, and is found by either.</span>
        <span role="status">{reading ? "Reading …" : ""}</span>
      </div>
    </form>
  );
}

/** One line a concept. */
const Lines = ({ text }: { text: string }) => (text === "" ? null : <div>{text.split(";").map((line, i) => <div key={i}>{line}</div>)}</div>);

const shortVersion = (version: string) => version.replace(/(sha256:[0-9a-f]{4})[0-9a-f]+/g, "$1…");
const clock = (time: string) => time.replace("T", " ").slice(0, 19);

function Row({ record, rollouts }: { record: AuditRecord; rollouts: boolean }) {
  const troubled = ["refused", "failed"].includes(record.outcome);
  return (
    <tr role="row">
      <th role="rowheader" scope="row">{record.place}</th>
      <td role="cell"><time dateTime={record.time} title={record.time}>{clock(record.time)}</time></td>
      <td role="cell" data-label="Actor" class="wraps">{record.actor}</td>
      <td role="cell" data-label="Action">{record.action}</td>
      <td role="cell" data-label="Concept" class="wraps"><Lines text={record.concept} /></td>
      <td role="cell" data-label="Version"><Lines text={shortVersion(record.version)} /></td>
      <td role="cell" data-label="Dose"><Lines text={record.dose} /></td>
      <td role="cell" data-label="Layers"><Lines text={record.layers} /></td>
      {rollouts && <td role="cell" data-label="Rollout" class="wraps">{record.rollout}</td>}
      <td role="cell" data-label="Outcome" class={troubled ? "troubled" : ""}>{record.outcome}</td>
      <td role="cell" class="detail">
        <details>
          <summary><span>{record.detail === "" ? "hash" : record.detail}</span></summary>
          <dl>
            {record.detail !== "" && <><dt>detail</dt><dd>{record.detail}</dd></>}
            {record.version !== "" && <><dt>version</dt><dd>{record.version}</dd></>}
            <dt>time</dt><dd>{record.time}</dd>
            <dt>hash</dt><dd>{record.hash}</dd>
          </dl>
        </details>
      </td>
    </tr>
  );
}

const heads = ["Record", "Time (UTC)", "Actor", "Action", "Concept", "Version", "Dose", "Layers", "Rollout", "Outcome", "Detail"];

function Table({ records }: { records: AuditRecord[] }) {
  const rollouts = records.some((record) => record.rollout !== "");
  const shownHeads = heads.filter((head) => head !== "Rollout" || rollouts);
  // Roles, as a narrow window shows the table's parts as blocks, which would take them away.
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Records">
      <table class="records" role="table">
        <thead role="rowgroup"><tr role="row">{shownHeads.map((head) => <th key={head} role="columnheader" scope="col">{head}</th>)}</tr></thead>
        <tbody role="rowgroup">{records.map((record) => <Row key={record.place} record={record} rollouts={rollouts} />)}</tbody>
      </table>
    </div>
  );
}

function Records({ records, more, older, reading }: { records: AuditRecord[]; more: boolean; older: () => void; reading: boolean }) {
  const [words, setWords] = useState("");
  const fitting = withWords(records, words);
  const save = () => download(`audit-${fitting[fitting.length - 1]!.place}-${fitting[0]!.place}.csv`, asCsv(fitting), "text/csv");
  return (
    <section class="panel" aria-label="Audit log">
      <div class="row spread">
        <h2>Records <span class="quiet" role="status">{fitting.length < records.length ? `${fitting.length} of ` : ""}{records.length} read, newest first{more ? "; there are older ones" : ""}</span></h2>
        <div class="row">
          <label class="inline">Find in these <input type="search" value={words} onInput={(event) => setWords(event.currentTarget.value)} /></label>
          <button disabled={fitting.length === 0} onClick={save}>Download CSV</button>
        </div>
      </div>
      {fitting.length > 0 ? <Table records={fitting} /> : <p class="quiet">{records.length === 0 ? "No record fits these filters." : "None of the records that were read has these words."}</p>}
      {more && <div class="row"><button aria-disabled={reading} onClick={() => reading || older()}>Older</button></div>}
    </section>
  );
}

const noRegistry = {
  title: "This server keeps no audit log",
  gain: "Start it with a registry, and it records who steered what, how strongly and with what outcome:",
  note: "The folder is made where there is none. No word of a prompt is recorded unless --audit-prompts is given as well.",
};

export function Audit() {
  const { shown, problem, reading, show, older } = useAudit();
  if (problem?.code === "no_registry") return <NoRegistry {...noRegistry} />;
  if (shown === undefined && !problem) return <p class="quiet" role="status">Reading the log …</p>;
  return (
    <>
      {problem && <RoleNotice problem={problem} what="The audit log is shown" />}
      {problem?.kind !== "forbidden" && (
        <>
          <Verify />
          <Filters records={shown?.records ?? []} show={show} reading={reading} />
        </>
      )}
      {shown && <Records {...shown} older={older} reading={reading} />}
    </>
  );
}

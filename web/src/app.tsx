// The frame: views by the address's hash, the key, the theme.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { KeyDialog } from "./parts/key_dialog";
import { Notice } from "./parts/notice";
import { ServedContext, type Served } from "./served";
import { currentKey, listConcepts, showConcept, showModel } from "./server/client";
import { asProblem, type Problem } from "./server/problem";
import type { ConceptDetails, ServedConcept, ServedModel } from "./server/types";
import { currentTheme, keepTheme, type Theme } from "./theme";
import { Audit } from "./views/audit";
import { Library } from "./views/library";
import { Personas } from "./views/personas";
import { Playground } from "./views/playground";
import { Rollouts } from "./views/rollouts";
import { Templates } from "./views/templates";

const views = [
  { hash: "playground", title: "Playground", View: Playground },
  { hash: "library", title: "Library", View: Library },
  { hash: "templates", title: "Templates", View: Templates },
  { hash: "personas", title: "Personas", View: Personas },
  { hash: "rollouts", title: "Rollouts", View: Rollouts },
  { hash: "audit", title: "Audit", View: Audit },
];

const viewNow = () => views.find((view) => location.hash.slice(1).split("/")[0] === view.hash) ?? views[0]!;

function useView() {
  const [view, setView] = useState(viewNow());
  useEffect(() => {
    const change = () => setView(viewNow());
    addEventListener("hashchange", change);
    return () => removeEventListener("hashchange", change);
  }, []);
  useEffect(() => {
    document.title = `${view.title} · contrans`;
  }, [view]);
  return view;
}

function ThemeSwitch() {
  const [theme, setTheme] = useState(currentTheme());
  const change = (chosen: Theme) => {
    keepTheme(chosen);
    setTheme(chosen);
  };
  return (
    <label class="theme">
      <span class="unseen">Theme</span>
      <select value={theme} onChange={(event) => change(event.currentTarget.value as Theme)}>
        <option value="system">System</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}

const asksForKey = (problem: Problem | null) => problem?.kind === "key_needed" || problem?.kind === "key_unknown";

interface Read {
  model: ServedModel;
  concepts: ServedConcept[];
}

async function readServer(): Promise<Read> {
  const [model, concepts] = await Promise.all([showModel(), listConcepts()]);
  if (!model) throw new Error("the server names no model");
  return { model, concepts };
}

function useServer() {
  const [read, setRead] = useState<Read | null>(null);
  const [details, setDetails] = useState<Record<string, ConceptDetails>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const wanted = useRef(new Set<string>());
  const report = useCallback((found: Problem) => asksForKey(found) && setProblem(found), []);
  const reload = useCallback(async () => {
    try {
      const fresh = await readServer();
      wanted.current.clear();
      setDetails({});
      setRead(fresh);
      setProblem(null);
    } catch (error) {
      setProblem(asProblem(error));
    }
  }, []);
  const wantDetails = useCallback((names: string[]) => {
    for (const name of names.filter((each) => !wanted.current.has(each))) {
      wanted.current.add(name);
      showConcept(name)
        .then((found) => setDetails((before) => ({ ...before, [name]: found })))
        .catch((error) => report(asProblem(error)));
    }
  }, [report]);
  useEffect(() => void reload(), [reload]);
  const served: Served | null = read && { ...read, details, wantDetails, reload, report };
  return { served, problem, reload };
}

function Loading({ problem, retry }: { problem: Problem | null; retry: () => void }) {
  if (!problem) return <p class="quiet" role="status">Asking the server what it has …</p>;
  return (
    <Notice problem={problem}>
      <button onClick={retry}>Try again</button>
    </Notice>
  );
}

export function App() {
  const view = useView();
  const { served, problem, reload } = useServer();
  const [asking, setAsking] = useState(false);
  const main = useRef<HTMLElement>(null);
  const open = asking || asksForKey(problem);
  const { View } = view;
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => (event.preventDefault(), main.current?.focus())}>Skip to content</a>
      <header>
        <a class="brand" href="#playground"><img src="/assets/icon.svg" alt="" width="24" height="24" />contrans</a>
        <nav aria-label="Views">
          {views.map(({ hash, title }) => (
            <a key={hash} href={`#${hash}`} aria-current={hash === view.hash ? "page" : undefined}>{title}</a>
          ))}
        </nav>
        <div class="tools">
          {served && <span class="model" title={`${served.model.contrans.architecture}, ${served.model.contrans.layers} layers`}>{served.model.id}</span>}
          <ThemeSwitch />
          <button class="small" onClick={() => setAsking(true)}>{currentKey() ? "Key ✓" : "Key"}</button>
        </div>
      </header>
      <main id="content" ref={main} tabIndex={-1}>
        <h1 class="unseen">{view.title}</h1>
        {served ? (
          <ServedContext.Provider value={served}><View key={view.hash} /></ServedContext.Provider>
        ) : (
          !open && <Loading problem={problem} retry={() => void reload()} />
        )}
      </main>
      {open && <KeyDialog problem={asksForKey(problem) ? problem : null} done={() => (setAsking(false), void reload())} />}
    </>
  );
}

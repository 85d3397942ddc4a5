// What the tests stand on: a folder of vectors, servers on it, a browser, and a proxy that can be slow or break off.
import { spawn, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { CONTRANS, CONTRANS_FIXTURE, CHROMIUM } = process.env;
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const callKey = "a-key-that-may-call-alone";
export const loadKey = "a-key-that-may-load-too";
export const administerKey = "a-key-that-may-administer";
export const secondKey = "a-key-of-somebody-else"; // administers too
export const screenshots = join(process.cwd(), "screenshots");
export const folder = mkdtempSync(join(tmpdir(), "contrans-page-"));

/** A `contrans serve` on a free port, once it listens. */
export async function serve(...more) {
  const usual = [["--model", "tiny.gguf"], ["--vectors", "vectors"]].filter(([option]) => !more.includes(option)).flat();
  const args = ["serve", "--quiet", "--threads", "1", "--alias", "tiny", "--port", "0", ...usual, ...more];
  const child = spawn(CONTRANS, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (bytes) => {
      text += bytes;
      const found = /http:\/\/\S+/.exec(text);
      if (found) resolve(found[0]);
    });
    child.on("exit", (code) => reject(new Error(`contrans serve ended with ${code}`)));
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  return { url, kill: () => (child.kill("SIGKILL"), ended), stop: () => (child.kill("SIGTERM"), ended) };
}

const endings = new WeakMap();

/** Does it when the test is over, the latest first: a page is closed before the server that it asks. */
export function later(t, work) {
  if (!endings.has(t)) {
    const works = [];
    endings.set(t, works);
    t.after(async () => {
      const faults = [];
      for (const each of works.reverse()) await Promise.resolve().then(each).catch((fault) => faults.push(fault));
      if (faults.length) throw faults[0];
    });
  }
  endings.get(t).push(work);
}

let registries = 0;

/** A server with a copy of a registry, "records" or "edited", for as long as the test runs. */
export async function serveRegistry(t, which, ...more) {
  const copy = `registry-${++registries}`;
  cpSync(join(folder, which), join(folder, copy), { recursive: true });
  const server = await serve("--registry", copy, "--actor", "operator", ...more);
  later(t, () => server.stop());
  return server;
}

/** All of an answer at once, changed; what is then sent is kept. */
async function* rewritten(answer, rewrite, kept) {
  const all = [];
  for await (const bytes of answer) all.push(bytes);
  kept.push(rewrite(Buffer.concat(all).toString("utf8")));
  yield Buffer.from(kept.at(-1), "utf8");
}

/**
 * Passes requests on. Completions come in pieces of 7 bytes, so that events and characters are torn, `pause` ms apart;
 * `breakAfter`: so many bytes of an answer, then the connection is torn down; `rewrite`: changes their text.
 */
export async function proxy(target, { pause = 0, breakAfter = Infinity, rewrite } = {}) {
  const { hostname, port } = new URL(target);
  const bodies = [];
  const server = createServer((incoming, outgoing) => {
    const forward = request({ hostname, port, path: incoming.url, method: incoming.method, headers: incoming.headers }, async (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      let sent = 0;
      const torn = incoming.url.includes("completions");
      for await (const bytes of torn && rewrite ? rewritten(answer, rewrite, bodies) : answer) {
        const step = torn ? 7 : bytes.length || 1;
        for (let at = 0; at < bytes.length; at += step) {
          if (torn && sent > breakAfter) return setTimeout(() => outgoing.destroy(), 100); // what was written goes out first
          if (outgoing.destroyed) return forward.destroy();
          outgoing.write(bytes.subarray(at, at + step));
          sent += step;
          if (torn && pause) await new Promise((resolve) => setTimeout(resolve, pause));
        }
      }
      outgoing.end();
    });
    forward.on("error", () => outgoing.destroy());
    incoming.pipe(forward);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, bodies, close: () => (server.closeAllConnections(), server.close()) };
}

let browser;
let shared;

export async function setUp() {
  execFileSync(CONTRANS_FIXTURE, [folder], { stdio: "inherit" });
  mkdirSync(screenshots, { recursive: true });
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--disable-dev-shm-usage"] });
  shared = await serve();
}

export async function tearDown() {
  await browser?.close();
  await shared?.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** A page of its own (storage too) on the shared server, at a view. Faults of the page's script fail the test. */
export async function open(t, hash, { url = shared.url, width = 1280, dark = false, key } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: dark ? "dark" : "light", acceptDownloads: true });
  later(t, () => context.close());
  if (key !== undefined) await context.addInitScript((text) => sessionStorage.setItem("contrans.key", text), key);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (line) => /Content Security Policy/i.test(line.text()) && faults.push(line.text()));
  later(t, () => {
    if (faults.length) throw new Error(`the page's script failed: ${faults.join("; ")}`);
  });
  page.setDefaultTimeout(15000);
  await page.goto(`${url}/#${hash}`);
  return page;
}

/** Waits for a view: until it is there a field of the same name may be the former view's. */
export const viewed = (page, title) => page.getByRole("heading", { name: title, level: 1 }).waitFor({ state: "attached" });

/** Goes to another view by its link. */
export async function visit(page, title) {
  await page.getByRole("link", { name: title, exact: true }).click();
  await viewed(page, title);
}

/** Writes both answers and waits until both are at their end. */
export async function writeBoth(page) {
  await page.getByRole("button", { name: /^Write both/ }).click();
  await page.locator('section.answer[aria-busy="true"]').first().waitFor({ state: "attached", timeout: 2000 }).catch(() => {});
  await page.locator('section.answer[aria-busy="true"]').first().waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Write both/ }).waitFor();
}

export const textOf = (page, title) => page.getByLabel(`Text of ${title}`, { exact: true }).innerText();

/** Sets a slider as a person's keys would, by its end event. */
export async function setDose(page, name, dose) {
  const field = page.getByLabel(`Dose of ${name}`, { exact: true });
  await field.fill(String(dose));
  await field.blur();
}

/** What axe finds, one line a rule. */
export async function violations(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
}

// A budget in Lighthouse's sense for the first visit, with the processor slowed to a quarter.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./bench.mjs";

const slowdown = 4;
const budget = { firstPaint: 1500, largestPaint: 1500, blocking: 300, shift: 0.1 }; // ms, ms, ms, share of the window

/** Runs in the page, before its own script: keeps what the browser reports. */
function watch() {
  const kept = (globalThis.measured = { firstPaint: 0, largestPaint: 0, tasks: [], shift: 0 });
  const observe = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe("paint", (entry) => entry.name === "first-contentful-paint" && (kept.firstPaint = entry.startTime));
  observe("largest-contentful-paint", (entry) => (kept.largestPaint = entry.startTime));
  observe("longtask", (entry) => kept.tasks.push({ start: entry.startTime, duration: entry.duration }));
  observe("layout-shift", (entry) => entry.hadRecentInput || (kept.shift += entry.value));
}

/** What of long tasks is beyond 50 ms, from the first paint on. */
const blockingOf = ({ tasks, firstPaint }) => tasks.filter((task) => task.start + task.duration > firstPaint).reduce((sum, task) => sum + Math.max(task.duration - 50, 0), 0);

/** A visit with nothing in the browser's cache, until nothing is loaded any more. */
async function measure(t, view) {
  const page = await open(t, view);
  const address = page.url();
  const browser = await page.context().newCDPSession(page);
  await page.goto("about:blank");
  await browser.send("Network.setCacheDisabled", { cacheDisabled: true });
  await browser.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await page.addInitScript(watch);
  await page.goto(address, { waitUntil: "networkidle" });
  await page.locator("main .panel").first().waitFor(); // the network may be idle before anything is painted
  await page.waitForFunction(() => globalThis.measured.largestPaint > 0);
  await page.waitForTimeout(500);
  const measured = await page.evaluate(() => globalThis.measured);
  return { firstPaint: measured.firstPaint, largestPaint: measured.largestPaint, blocking: blockingOf(measured), shift: measured.shift };
}

for (const view of ["playground", "library"]) {
  test(`speed: the first visit to the ${view} on a quarter of the processor`, async (t) => {
    // A machine that does other things too delays visits: the quickest says what the page costs.
    const visits = [];
    const bestOf = () => Object.fromEntries(Object.keys(budget).map((what) => [what, Math.min(...visits.map((visit) => visit[what]))]));
    do visits.push(await measure(t, view));
    while (visits.length < 10 && Object.entries(budget).some(([what, most]) => bestOf()[what] > most));
    const best = bestOf();
    const words = (visit) => `first paint ${visit.firstPaint.toFixed(0)} ms, largest ${visit.largestPaint.toFixed(0)} ms, blocked ${visit.blocking.toFixed(0)} ms, shift ${visit.shift.toFixed(3)}`;
    visits.forEach((visit) => t.diagnostic(words(visit)));
    assert.ok(best.firstPaint > 0 && best.largestPaint > 0, "the browser reports paints");
    for (const [what, most] of Object.entries(budget)) assert.ok(best[what] <= most, `${what}: ${best[what]} is over ${most}; ${words(best)}`);
  });
}

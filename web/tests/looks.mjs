import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { open, screenshots, serveRegistry, violations, writeBoth } from "./bench.mjs";

const budget = 200 * 1024; // bytes of the first view, as they are sent: uncompressed

/** Each view with something in it. */
const views = {
  async playground(page) {
    await page.getByLabel("Add a concept").selectOption("happy");
    await writeBoth(page);
    await page.locator("canvas").first().waitFor();
    await page.getByText("What was applied").click();
  },
  async library(page) {
    await page.getByRole("button", { name: /^happy/ }).first().click();
    await page.locator("canvas").first().waitFor();
    await page.locator("table.conflicts").waitFor();
  },
  async templates(page) {
    await writeBoth(page);
    await page.getByRole("button", { name: "Accept" }).click();
  },
  async personas(page) {
    await page.getByRole("button", { name: /^warm-support@2/ }).click();
    await page.getByLabel("What is new").fill("a note");
  },
  async rollouts(page) {
    await page.getByRole("button", { name: /^happy-support/ }).click();
    await page.locator(".gate canvas").nth(2).waitFor();
  },
  async audit(page) {
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByLabel("End of the log").waitFor();
    await page.locator('[name="before"]').fill("2026-01-01T00:12");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByText("11 read").waitFor();
    await page.locator("table.records details").nth(6).locator("summary").click();
  },
};
const registries = { audit: "records", personas: "team", rollouts: "rollouts" };

for (const [view, fill] of Object.entries(views)) {
  for (const dark of [false, true]) {
    test(`looks: ${view}, ${dark ? "dark" : "light"}, at 1280 and 390`, async (t) => {
      const server = registries[view] && (await serveRegistry(t, registries[view]));
      const page = await open(t, view, { dark, url: server?.url });
      await fill(page);
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 900 });
        await page.waitForTimeout(150);
        await page.screenshot({ path: join(screenshots, `${view}-${dark ? "dark" : "light"}-${width}.png`), fullPage: true });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${wide} of ${width} pixels wide`);
        assert.deepEqual(await violations(page), []);
      }
    });
  }
}

for (const dark of [false, true]) {
  test(`looks: a rolled-back rollout, a new plan and the question, ${dark ? "dark" : "light"}`, async (t) => {
    const server = await serveRegistry(t, "rollouts");
    const page = await open(t, "rollouts", { dark, url: server.url });
    const look = async (what) => {
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 900 });
        await page.waitForTimeout(150);
        await page.screenshot({ path: join(screenshots, `${what}-${dark ? "dark" : "light"}-${width}.png`), fullPage: true });
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${what} is wider than ${width}`);
        assert.deepEqual(await violations(page), [], what);
      }
    };
    await page.getByRole("button", { name: /^happy-sales/ }).click();
    await page.getByText("Alarm: the gate refusal failed").waitFor();
    await look("rollout-alarm");
    await page.getByRole("button", { name: /^happy-support/ }).click();
    await page.getByRole("button", { name: "Roll back", exact: true }).click();
    await look("rollout-question");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "New plan" }).click();
    await page.getByLabel("From a persona").selectOption("More happy");
    await page.getByLabel("Plan as JSON").fill((await page.getByLabel("Plan as JSON").inputValue()).replace('"refusal"', '"refusals"'));
    await page.getByRole("button", { name: "Keep this plan" }).click();
    await page.getByRole("alert").getByText(/^Line \d+\./).waitFor();
    await look("rollout-plan");
  });
}

for (const dark of [false, true]) {
  test(`looks: one's own persona and its sharing, ${dark ? "dark" : "light"}`, async (t) => {
    const server = await serveRegistry(t, "team");
    const page = await open(t, "personas", { dark, url: server.url });
    for (const [what, button] of [["personas-own", /with a little/], ["personas-share", "Share"]]) {
      await page.getByRole("button", { name: button }).click();
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 900 });
        await page.waitForTimeout(150);
        await page.screenshot({ path: join(screenshots, `${what}-${dark ? "dark" : "light"}-${width}.png`), fullPage: true });
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${what} is wider than ${width}`);
        assert.deepEqual(await violations(page), [], what);
      }
    }
  });
}

test("looks: the dialogs and an error have no violations", async (t) => {
  const page = await open(t, "playground");
  await page.getByRole("button", { name: "Copy as code" }).click();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Key", exact: true }).click();
  assert.deepEqual(await violations(page), []);
});

test("looks: the switch overrides the system's theme and is kept", async (t) => {
  const page = await open(t, "playground");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByLabel("Theme").selectOption("dark");
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  await page.getByRole("textbox", { name: "Prompt" }).waitFor();
  assert.equal(await ground(), dark);
});

test("looks: the first view is small, comes from this server alone and needs no inline script", async (t) => {
  const page = await open(t, "playground");
  const [address, origin, loaded] = [page.url(), new URL(page.url()).origin, []];
  await page.goto("about:blank"); // what still comes for the first visit is dropped
  page.on("response", (response) => loaded.push(response));
  await page.goto(address, { waitUntil: "networkidle" });
  await page.getByRole("textbox", { name: "Prompt" }).waitFor();
  let [bytes, packed] = [0, 0];
  for (const response of loaded) {
    assert.equal(new URL(response.url()).origin, origin, response.url());
    const body = await response.body();
    bytes += body.length;
    packed += gzipSync(body).length;
  }
  t.diagnostic(`first view: ${loaded.length} requests, ${bytes} bytes as sent, ${packed} if they were gzipped`);
  assert.ok(loaded.some((response) => response.url().endsWith("/assets/page.js")));
  assert.ok(bytes <= budget, `${bytes} bytes`);
  const policy = loaded[0].headers()["content-security-policy"];
  assert.match(policy, /script-src 'self';/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
});

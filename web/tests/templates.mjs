import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folder, later, open, serve, writeBoth } from "./bench.mjs";

async function downloaded(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: button }).click()]);
  const file = join(folder, download.suggestedFilename());
  await download.saveAs(file);
  return file;
}

for (const model of ["tiny.gguf", "plain.gguf"]) {
  test(`templates: choices with ${model} become pairs that contrans refine reads`, async (t) => {
    const server = await serve("--model", model);
    later(t, () => server.stop());
    const page = await open(t, "templates", { url: server.url });
    for (const [sample, choice] of [["Late parcel", "Accept"], ["Broken lamp", "Accept"], ["Wrong invoice", "Reject"]]) {
      await page.getByRole("button", { name: sample }).click();
      await writeBoth(page);
      await page.getByRole("button", { name: choice }).click();
    }
    await page.getByText("3 kept in this browser").waitFor();
    await page.getByRole("button", { name: "Accept" }).click();
    await page.getByText("3 kept in this browser").waitFor();
    const file = await downloaded(page, "Download as JSONL");
    assert.match(file, /customer-replies\.pairs\.jsonl$/);
    const pairs = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(pairs.length, 3);
    assert.ok(JSON.stringify(pairs[0].positive).includes("My parcel has not arrived"));
    assert.notDeepEqual(pairs[0].positive, pairs[0].negative);
    execFileSync(process.env.CONTRANS, ["refine", "--quiet", "--model", model, "--pairs", file, "--out", "again.concept.gguf"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  });
}

test("templates: accepting prefers the steered answer, rejecting the other one", async (t) => {
  const page = await open(t, "templates");
  await writeBoth(page);
  const steered = await page.getByLabel("Text of Steered", { exact: true }).innerText();
  const kept = async () => JSON.parse(await page.evaluate(() => localStorage.getItem("contrans.choices.customer-replies")));
  const lastOf = (pair, side) => pair[side].at(-1).content;
  await page.getByRole("button", { name: "Accept" }).click();
  const accepted = await kept();
  await page.getByRole("button", { name: "Reject" }).click();
  const rejected = await kept();
  assert.equal(accepted.length, 1);
  assert.equal(rejected.length, 1, "a later choice replaces the one that it contradicts");
  assert.equal(lastOf(accepted[0], "positive").trim(), steered.trim());
  assert.equal(lastOf(rejected[0], "negative"), lastOf(accepted[0], "positive"));
});

test("templates: choices stay over a reload and can be forgotten", async (t) => {
  const page = await open(t, "templates");
  page.on("dialog", (dialog) => void dialog.accept());
  await page.getByRole("button", { name: "Proofreading" }).click();
  await writeBoth(page);
  await page.getByRole("button", { name: "Accept" }).click();
  await page.reload();
  await page.getByRole("button", { name: "Proofreading" }).click();
  await page.getByText("1 kept in this browser").waitFor();
  await page.getByRole("button", { name: "Forget them" }).click();
  await page.getByText("0 kept in this browser").waitFor();
});

/** An answer as the server streams it, steered where the request is. */
async function answerWith(route, text) {
  const { concepts = [] } = route.request().postDataJSON();
  const chunks = [
    { choices: [{ index: 0, delta: { content: text(concepts) }, finish_reason: null }] },
    { choices: [{ index: 0, delta: {}, finish_reason: "stop" }], contrans: { concepts: concepts.map((each) => ({ concept: each.name, dose: each.dose })), ended: "stop" } },
  ];
  const body = [...chunks.map((each) => JSON.stringify(each)), "[DONE]"].map((data) => `data: ${data}\n\n`).join("");
  await route.fulfill({ contentType: "text/event-stream", body });
}

test("templates: equal answers leave nothing to prefer", async (t) => {
  const page = await open(t, "templates");
  await page.route("**/v1/chat/completions", (route) => answerWith(route, () => "The same."));
  await writeBoth(page);
  await page.getByText("Both answers are the same").waitFor();
  assert.equal(await page.getByRole("button", { name: "Accept" }).count(), 0);
});

test("templates: without a concept there is nothing to prefer, in whatever words", async (t) => {
  const page = await open(t, "templates");
  let asked = 0;
  await page.route("**/v1/chat/completions", (route) => answerWith(route, () => `Words ${++asked}.`));
  await page.getByRole("button", { name: /^Remove/ }).click();
  await writeBoth(page);
  await page.getByText("Neither answer was steered").waitFor();
  assert.equal(await page.getByRole("button", { name: "Accept" }).count(), 0);
});

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { administerKey, callKey, folder, later, open, secondKey, serve, serveRegistry, violations, writeBoth } from "./bench.mjs";

const item = (page, name) => page.locator(".names li").filter({ hasText: name }).getByRole("button");
const gate = (page, name) => page.getByRole("region", { name: `Gate ${name}`, exact: true });
const steps = (page) => page.getByRole("group", { name: "Steps" });
const details = (page, name) => page.getByRole("region", { name: `Rollout ${name}`, exact: true });
const serveKeys = (t, which) => serveRegistry(t, which, "--api-key-file", "keys");
let fresh = 0;

async function serveFresh(t, ...more) {
  const server = await serve("--registry", `rollouts-fresh-${++fresh}`, ...more);
  later(t, () => server.stop());
  return server;
}

async function post(server, path, body, key) {
  const response = await fetch(server.url + path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) } });
  const json = await response.json();
  assert.equal(response.status, 200, JSON.stringify(json));
  return json;
}

const plan = (name, more = {}) => ({ rollout: 1, name, treatment: [{ concept: "happy", dose: 0.5 }], stages: [{ percent: 50 }, { percent: 100 }], gates: [{ metric: "error", margin: 0.02 }], least_users: 2, ...more });

test("rollouts: the list says state, stage, alarm, who changed it, and whether it is served here", async (t) => {
  const server = await serveKeys(t, "rollouts");
  const page = await open(t, "rollouts", { url: server.url, key: administerKey });
  assert.match(await item(page, "happy-support").innerText(), /happy-support running\s+stage 2 of 4, 25 %; served here\s+2026-01-01 00:00:00 by anna/);
  assert.match(await item(page, "happy-sales").innerText(), /rolled back\s+stage 2 of 4, 25 %\s+alarm: refusal\s+2026-01-01 .* by gates/);
  assert.match(await item(page, "polite-support").innerText(), /planned\s+stage 1 of 4, pilot of boss/);
  await item(page, "polite-support").focus();
  await page.keyboard.press("Enter");
  await details(page, "polite-support").waitFor();
  assert.match(page.url(), /#rollouts\/polite-support$/);
  await page.reload();
  await details(page, "polite-support").waitFor();
});

test("rollouts: one shows its arms, stages, gates and a chart for each gate", async (t) => {
  const server = await serveKeys(t, "rollouts");
  const page = await open(t, "rollouts", { url: server.url, key: administerKey });
  await details(page, "happy-support").waitFor();
  assert.match(await details(page, "happy-support").locator("dl").innerText(), /treatment\s+happy \+0\.3\s+control\s+the model as it is/);
  assert.deepEqual(await page.getByRole("list", { name: "Stages" }).locator("li").allInnerTexts().then((all) => all.map((text) => text.replace(/\s+/g, " "))), ["pilot of boss done", "25 % now", "50 % to come", "100 % to come"]);
  assert.match(await gate(page, "refusal").innerText(), /refusal\s+passed\s+treatment\s+[\d.]+ % of 100 users\s+control\s+[\d.]+ % of 300 users\s+difference\s+\S+ \[\S+, \S+\] points\s+limit\s+\+2\.0 points/);
  assert.match(await gate(page, "thumbs_down").innerText(), /no data yet[^]*– of 0 users[^]*The chart begins/);
  assert.match(await gate(page, "sample_ratio").innerText(), /100 users[^]*300 users[^]*25\.0 %/);
  assert.match(await gate(page, "slow > 20 s, at most 0.2").innerText(), /of 100 users[^]*limit\s+20\.0 %/);
  const chart = gate(page, "refusal").getByRole("img");
  await chart.locator("canvas").waitFor();
  assert.match(await chart.getAttribute("aria-label"), /^refusal by users: difference .*, interval .* to .*, limit \+2\.0$/);
  await page.getByRole("button", { name: "by time" }).click();
  await gate(page, "refusal").getByRole("img", { name: /^refusal by time/ }).locator("canvas").waitFor();
});

test("rollouts: what is counted meanwhile appears by itself", async (t) => {
  const server = await serveFresh(t);
  await post(server, "/v1/rollouts", plan("calm"));
  await post(server, "/v1/rollouts/calm", { step: "start" });
  const page = await open(t, "rollouts", { url: server.url });
  await gate(page, "error").getByText("no data yet").waitFor();
  for (let user = 0; user < 12; ++user) await post(server, "/v1/completions", { prompt: "a", max_tokens: 1, user: `user-${user}` });
  await gate(page, "error").getByText("passed").waitFor();
  await gate(page, "error").locator("canvas").waitFor();
  await page.getByRole("button", { name: "Promote to 100 %" }).click();
  await page.getByText("It is at its last stage.").waitFor();
});

test("rollouts: a plan from a persona is kept, then started", async (t) => {
  const server = await serveFresh(t);
  const page = await open(t, "rollouts", { url: server.url });
  await page.getByLabel("From a persona").selectOption("More happy");
  const text = page.getByLabel("Plan as JSON");
  const made = JSON.parse(await text.inputValue());
  assert.deepEqual(made.treatment, [{ concept: "happy", dose: 0.5 }]);
  assert.equal(made.name, "more-happy");
  assert.equal(made.stages.length, 5);
  await text.fill((await text.inputValue()).replace('"note": ""', '"note": "for a try"'));
  await page.getByRole("button", { name: "Keep this plan" }).click();
  await details(page, "more-happy").getByText("for a try", { exact: true }).waitFor();
  assert.equal((await (await fetch(`${server.url}/v1/rollouts/more-happy`)).json()).state, "planned");
  await page.getByRole("button", { name: "Start with 1 %" }).click();
  await page.getByRole("listitem").filter({ hasText: "1 % now" }).waitFor();
  await page.getByRole("button", { name: "New plan" }).click();
  await page.getByLabel("From a persona").selectOption("More happy");
  assert.equal(JSON.parse(await text.inputValue()).name, "more-happy-2", "a name is never given again");
});

test("rollouts: the server's words about a plan stand by the line", async (t) => {
  const server = await serveFresh(t);
  const page = await open(t, "rollouts", { url: server.url });
  const text = page.getByLabel("Plan as JSON");
  const file = join(folder, "a.plan.json");
  writeFileSync(file, JSON.stringify(plan("calm", { gates: [{ metric: "error", margin: 0.02 }, { metric: "error", margin: 3 }] }), null, 2));
  await page.getByLabel("Open a file").setInputFiles(file);
  await page.getByRole("button", { name: "Keep this plan" }).click();
  const refusal = page.getByRole("alert");
  // The line is selected a moment after the words stand there; filling in between would replace that line alone.
  const area = await text.elementHandle();
  const selected = (wanted) => page.waitForFunction(
    ([area, wanted]) => area.value.slice(area.selectionStart, area.selectionEnd).trim() === wanted, [area, wanted]);
  await refusal.getByText(/^Line 25\. .*gates\[1\].*margin/).waitFor();
  await selected('"margin": 3');
  await text.fill("{\n  \"rollout\": 1,\n  oops\n}");
  assert.equal(await refusal.count(), 0, "the words go with what they were about");
  await page.getByRole("button", { name: "Keep this plan" }).click();
  await refusal.getByText(/^Line 3\. .*not JSON/).waitFor();
  await selected("oops");
  await text.fill(JSON.stringify(plan("calm", { gate: [] })));
  await page.getByRole("button", { name: "Keep this plan" }).click();
  await refusal.getByText(/^Line 1\. .*"gate" is not known/).waitFor();
});

test("rollouts: what the rules refuse is disabled and says why; what they refuse only at the server is shown", async (t) => {
  const server = await serveKeys(t, "rollouts");
  const page = await open(t, "rollouts", { url: server.url, key: administerKey });
  await details(page, "happy-support").waitFor();
  assert.equal(await page.getByRole("button", { name: "Promote to 50 %" }).isDisabled(), true);
  assert.match(await steps(page).innerText(), /A gate of this stage has not passed: thumbs_down \(no data yet\)/);
  await item(page, "<img/src=x").click();
  await page.getByRole("button", { name: "Start with pilot of boss" }).click();
  await page.getByRole("listitem").filter({ hasText: "pilot of boss now" }).waitFor();
  await page.getByRole("button", { name: "New plan" }).click();
  await page.getByLabel("Plan as JSON").fill(JSON.stringify(plan("crowded")));
  await page.getByRole("button", { name: "Keep this plan" }).click();
  await page.getByRole("button", { name: "Start with 50 %" }).click();
  await steps(page).getByRole("alert").getByText(/The server refused this: .* runs and may take the same requests/).waitFor();
  assert.equal(await page.locator("main img").count(), 0, "markup in names is text");
  assert.equal(await page.title(), "Rollouts · contrans");
});

test("rollouts: another person's approval lets it start, the author's own does not", async (t) => {
  const server = await serveKeys(t, "rollouts");
  await post(server, "/v1/rollouts", plan("refusal-less", { keys: ["boss"], treatment: [{ concept: "refusal", dose: 0.1 }] }), administerKey);
  const page = await open(t, "rollouts/refusal-less", { url: server.url, key: administerKey });
  const start = page.getByRole("button", { name: "Start with 50 %" });
  await start.waitFor();
  assert.equal(await start.isDisabled(), true);
  assert.match(await steps(page).innerText(), /1 more approval of other people needed/);
  await page.getByRole("button", { name: "Approve the start" }).click();
  await steps(page).getByRole("alert").getByText(/boss.* wrote the plan, and somebody else must approve it/).waitFor();
  const other = await open(t, "rollouts/refusal-less", { url: server.url, key: secondKey });
  await other.getByRole("button", { name: "Approve the start" }).click();
  await other.getByText("this one: second").waitFor();
  await start.click(); // by itself enabled once the page has looked again
  await page.getByText("This server gives it to nobody").waitFor();
  await item(page, "refusal-less").getByText("not served here").waitFor();
});

test("rollouts: roll back asks once, takes a reason and ends it; all can be rolled back at once", async (t) => {
  const server = await serveKeys(t, "rollouts");
  const page = await open(t, "rollouts/happy-support", { url: server.url, key: administerKey });
  await page.getByRole("button", { name: "Roll back", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Roll back", exact: true }).press("Enter");
  await page.keyboard.type("complaints");
  await page.keyboard.press("Enter");
  await details(page, "happy-support").getByText(/by boss: complaints/).waitFor();
  assert.match(await item(page, "happy-support").innerText(), /rolled back/);
  assert.equal(await page.getByRole("button", { name: /^Roll back/ }).count(), 0);
  assert.match(await page.getByRole("list", { name: "Stages" }).innerText(), /25 %\s+ended here/);
  for (const name of ["one", "two"]) {
    await post(server, "/v1/rollouts", plan(name, { keys: [name] }), administerKey);
    await post(server, `/v1/rollouts/${name}`, { step: "start" }, administerKey);
  }
  await page.getByRole("button", { name: "Roll back all (2)" }).click();
  await page.getByRole("button", { name: "Roll back now" }).click();
  await page.getByRole("button", { name: /^Roll back all/ }).waitFor({ state: "detached" });
  const { data } = await (await fetch(`${server.url}/v1/rollouts`, { headers: { Authorization: `Bearer ${administerKey}` } })).json();
  assert.deepEqual(data.filter((each) => each.state === "running"), []);
});

test("rollouts: an old plan makes a new one under another name", async (t) => {
  const server = await serveKeys(t, "rollouts");
  const page = await open(t, "rollouts/happy-sales", { url: server.url, key: administerKey });
  await page.getByText("The plan").click();
  await page.getByRole("button", { name: "Use it for a new one" }).click();
  await page.getByRole("button", { name: "Keep this plan" }).click();
  await details(page, "happy-sales-2").waitFor();
});

test("rollouts: without a registry the page says how to have them", async (t) => {
  const page = await open(t, "rollouts");
  await page.getByText("This server has no rollouts").waitFor();
  assert.match(await page.getByLabel("Command").innerText(), /^contrans serve --registry FOLDER/);
  assert.deepEqual(await violations(page), []);
});

test("rollouts: a key that may not see them is refused in words, and another one can be entered", async (t) => {
  const server = await serveKeys(t, "rollouts");
  const page = await open(t, "rollouts", { url: server.url, key: callKey });
  await page.getByRole("alert").getByText(/This key may not do that/).waitFor();
  await page.getByRole("button", { name: "Enter another key" }).click();
  await page.getByLabel("API key").fill(administerKey);
  await page.keyboard.press("Enter");
  await details(page, "happy-support").waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
});

test("rollouts: a server that is gone is named, and what was read stays", async (t) => {
  const server = await serveRegistry(t, "rollouts");
  const page = await open(t, "rollouts", { url: server.url });
  await gate(page, "error").locator("canvas").waitFor(); // the charts' own script is loaded
  await server.kill();
  await page.getByRole("alert").getByText("The server cannot be reached").waitFor();
  await details(page, "happy-support").waitFor();
});

test("rollouts: a choice about a piloted answer tells the rollout, and unsteered is unsteered in a pilot", async (t) => {
  const server = await serveFresh(t, "--api-key-file", "keys");
  await post(server, "/v1/rollouts", plan("piloted", { stages: [{ pilot: ["caller"] }, { percent: 50 }], gates: [{ metric: "thumbs_down", most: 0.5 }] }), administerKey);
  await post(server, "/v1/rollouts/piloted", { step: "start" }, administerKey);
  const page = await open(t, "templates", { url: server.url, key: callKey });
  await page.getByRole("button", { name: /^Remove/ }).click();
  await page.getByText("as this server's rollouts give it").waitFor();
  const asked = []; // a server gives who asks for no concepts at all the rollout's, and who asks for an empty list none
  page.on("request", (request) => request.url().includes("completions") && asked.push(JSON.stringify(request.postDataJSON().concepts) ?? "left out"));
  await writeBoth(page);
  await page.getByRole("button", { name: "Reject" }).click();
  await page.getByText("Rollout piloted was told: thumbs down.").waitFor();
  assert.deepEqual(asked.sort(), ["[]", "left out"]);
  const status = await (await fetch(`${server.url}/v1/rollouts/piloted`, { headers: { Authorization: `Bearer ${administerKey}` } })).json();
  assert.deepEqual(status.gates[0].treatment, { users: 1, mean: 1 });
});

test("rollouts: an answer whose steering was switched off says so, and where", async (t) => {
  const page = await open(t, "playground");
  await page.route("**/v1/chat/completions", async (route) => {
    const { concepts } = route.request().postDataJSON();
    const off = concepts.length ? { switched_off_at: 7, ended: "switched_off" } : { ended: "stop" };
    const chunks = [{ choices: [{ delta: { content: "words" } }] }, { choices: [{ delta: {} }], contrans: { concepts: [], timings: { first_token_ms: 1, total_ms: 2000 }, ...off } }];
    await route.fulfill({ contentType: "text/event-stream", body: [...chunks.map((each) => JSON.stringify(each)), "[DONE]"].map((data) => `data: ${data}\n\n`).join("") });
  });
  await writeBoth(page);
  await page.locator('section[aria-label="Steered"]').getByText("ended, 2.0 s; the steering was switched off while this was written, at token 7").waitFor();
  assert.equal(await page.getByText("switched off").count(), 1);
});

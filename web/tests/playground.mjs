import assert from "node:assert/strict";
import { test } from "node:test";
import { later, open, proxy, serve, setDose, textOf, writeBoth } from "./bench.mjs";

test("playground: both answers stream, differ, and say what was applied", async (t) => {
  const page = await open(t, "playground");
  assert.equal(await page.title(), "Playground · contrans");
  await page.getByRole("textbox", { name: "Prompt" }).fill("The weather is");
  await writeBoth(page);
  const [base, steered] = [await textOf(page, "Unsteered"), await textOf(page, "Steered")];
  assert.ok(base.length > 0 && steered.length > 0);
  assert.notEqual(base, steered);
  await page.getByText("What was applied").click();
  const row = page.getByRole("group", { name: "What was applied" }).getByRole("row").nth(1);
  assert.match(await row.innerText(), /polite\s+\+0\.5\s+\+2\s+add\s+both\s+2/);
});

test("playground: tokens are tinted by the concept's signal, more where steered towards it", async (t) => {
  const page = await open(t, "playground");
  await writeBoth(page);
  const more = await page.locator('section[aria-label="Steered"] .token.more').count();
  const less = await page.locator('section[aria-label="Steered"] .token.less').count();
  assert.ok(more > less, `${more} more, ${less} less`);
  const means = await page.locator('section[aria-label="Signal of polite"] h2').innerText();
  const [, own, other] = /mean (\S+) unsteered, (\S+) steered/.exec(means);
  assert.ok(Number(other) > Number(own), means);
  await page.locator('section[aria-label="Signal of polite"] canvas').waitFor();
});

test("playground: the dose's slider stays in its range, marks the usual dose and estimates damage", async (t) => {
  const page = await open(t, "playground");
  await page.getByLabel("Add a concept").selectOption("happy");
  assert.equal(await page.getByLabel("Dose of happy", { exact: true }).inputValue(), "0.25", "a second concept begins at half");
  await page.getByRole("button", { name: "Usual dose of happy" }).click();
  await page.getByText(/together about 0\.80 nat.*over the budget of 0\.50 nat/).waitFor();
  const slider = page.getByRole("slider", { name: "happy" });
  assert.equal(await slider.getAttribute("max"), "0.75");
  assert.equal(await slider.getAttribute("min"), "-0.75");
  assert.match(await page.locator("li.mixrow", { hasText: "happy" }).locator(".marks").innerText(), /usual \+0\.5/);
  const damage = page.locator("li.mixrow", { hasText: "happy" }).locator(".damage");
  await page.getByText("damage about 0.40 nat (measured at this dose)").first().waitFor();
  await setDose(page, "happy", 0.25);
  assert.match(await damage.innerText(), /0\.10 nat \(measured/);
  await setDose(page, "happy", 5);
  assert.equal(await slider.inputValue(), "0.75");
  assert.match(await damage.innerText(), /1\.1 nat/);
  await slider.focus();
  await page.keyboard.press("Home");
  assert.match(await damage.innerText(), /as if both directions cost alike/);
  await page.getByRole("button", { name: "Usual dose of happy" }).click();
  assert.equal(await page.getByLabel("Dose of happy", { exact: true }).inputValue(), "0.5");
});

test("playground: doses of any digits are taken, and setting one does not write yet", async (t) => {
  const page = await open(t, "playground");
  await page.getByLabel("Add a concept").selectOption("strange");
  await page.getByRole("button", { name: "Usual dose of strange" }).click();
  await page.getByRole("button", { name: "Remove polite" }).click();
  assert.equal(await page.getByText("Nothing yet.").count(), 2);
  assert.equal(await page.getByLabel("Dose of strange", { exact: true }).inputValue(), "0.457");
  await writeBoth(page);
  await page.getByText("What was applied").click();
  assert.match(await page.getByRole("group", { name: "What was applied" }).innerText(), /strange\s+\+0\.457/);
});

test("playground: operators change what is applied", async (t) => {
  const page = await open(t, "playground");
  await page.locator("li.mixrow summary").click();
  await page.getByLabel("How").selectOption("project_out");
  assert.equal(await page.getByLabel("Dose of polite", { exact: true }).inputValue(), "1");
  await page.getByLabel("Where").selectOption("generated");
  await writeBoth(page);
  await page.getByText("What was applied").click();
  assert.match(await page.getByRole("group", { name: "What was applied" }).innerText(), /project_out\s+generated/);
});

test("playground: works by keyboard alone, and Escape stops", async (t) => {
  const server = await serve();
  const slow = await proxy(server.url, { pause: 15 });
  later(t, async () => (slow.close(), await server.stop()));
  const page = await open(t, "playground", { url: slow.url });
  const prompt = page.getByRole("textbox", { name: "Prompt" });
  await prompt.focus();
  await page.keyboard.press("Control+Enter");
  await page.locator('section[aria-label="Steered"] .token').first().waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Write both/ }).waitFor();
  const stopped = await textOf(page, "Steered");
  assert.match(await page.locator('section[aria-label="Steered"] [role="status"]').first().innerText(), /tokens, stopped/);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(await textOf(page, "Steered"), stopped, "nothing comes after the stop");
});

/** What a stream of chat events says. */
const said = (body) => body.split("\n\n").filter((event) => event.startsWith("data: {")).map((event) => JSON.parse(event.slice(6)).choices[0]?.delta.content ?? "").join("");

test("playground: torn events and characters are put together", async (t) => {
  const server = await serve();
  const torn = await proxy(server.url, { rewrite: (text) => text.replaceAll("qp", "❤é") });
  later(t, async () => (torn.close(), await server.stop()));
  const page = await open(t, "playground", { url: torn.url });
  await writeBoth(page);
  const texts = [await textOf(page, "Unsteered"), await textOf(page, "Steered")];
  assert.ok(texts.join("").includes("❤é"));
  assert.deepEqual(texts.sort(), torn.bodies.map(said).sort());
});

test("playground: a model without a chat template starts with plain text", async (t) => {
  const server = await serve("--model", "plain.gguf");
  later(t, () => server.stop());
  const page = await open(t, "playground", { url: server.url });
  assert.equal(await page.getByRole("button", { name: "Plain text" }).getAttribute("aria-pressed"), "true");
  await writeBoth(page);
  assert.ok((await textOf(page, "Unsteered")).length > 0);
});

test("playground: the request as code has no key in it and is what was sent", async (t) => {
  const page = await open(t, "playground", { key: "not-to-be-shown" });
  await page.getByRole("textbox", { name: "Prompt" }).fill(`It's "5 o'clock" here`);
  await page.getByRole("button", { name: "Copy as code" }).click();
  const code = await page.getByLabel("Request in curl").innerText();
  assert.match(code, /^curl http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions/);
  assert.ok(!code.includes("not-to-be-shown"));
  const body = JSON.parse(/-d '([^]*)'$/.exec(code)[1].replaceAll(`'\\''`, "'"));
  assert.deepEqual(body.concepts, [{ name: "polite", dose: 0.5 }]);
  assert.equal(body.messages[0].content, `It's "5 o'clock" here`);
  await page.getByRole("button", { name: "Python" }).click();
  const python = await page.getByLabel("Request in Python").innerText();
  assert.match(python, /client\.chat\.completions\.create\(/);
  assert.match(python, /extra_body=\{"concepts": \[\{"name": "polite", "dose": 0\.5\}\], "projections": \["polite"\]\}/);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("playground: what was set is there again after a reload", async (t) => {
  const page = await open(t, "playground");
  await page.getByRole("textbox", { name: "Prompt" }).fill("Kept");
  await setDose(page, "polite", 0.3);
  await page.reload();
  assert.equal(await page.getByRole("textbox", { name: "Prompt" }).inputValue(), "Kept");
  assert.equal(await page.getByLabel("Dose of polite", { exact: true }).inputValue(), "0.3");
});

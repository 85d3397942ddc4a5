import assert from "node:assert/strict";
import { test } from "node:test";
import { callKey, later, loadKey, open, serve } from "./bench.mjs";

test("library: shows evidence, recovery beside controls, layers and the curve of doses", async (t) => {
  const page = await open(t, "library");
  await page.getByRole("button", { name: /^happy/ }).first().click();
  const details = page.getByRole("region", { name: "Concept happy" });
  await details.getByText("Works: 0.16 unsteered").waitFor();
  const facts = await details.locator("dl").innerText();
  for (const fact of ["happiness (mean/last)", "layer 1", "token-plain, 39336 rows", "0.61 (shuffled map 0.12", "0.40 nat"]) {
    assert.ok(facts.includes(fact), `${fact} in ${facts}`);
  }
  const rows = await details.getByRole("row").allInnerTexts();
  assert.ok(rows.some((row) => /this vector[^]*0\.97[^]*1\.04/.test(row)), rows.join("\n"));
  assert.ok(rows.some((row) => /control: shuffled map[^]*0\.23/.test(row)), rows.join("\n"));
  assert.equal(await details.getByRole("img", { name: /Steers layer 2 at dose \+0\.5 of 4/ }).count(), 1);
  await details.getByRole("img", { name: /dose 0\.25: choice 0\.75, damage 0\.10 nat/ }).locator("canvas").waitFor();
});

test("library: says where there is no report, and of another engine's file what is not known", async (t) => {
  const page = await open(t, "library");
  await page.getByRole("button", { name: /^polite/ }).first().click();
  await page.getByText("No report lies beside this vector").waitFor();
  await page.getByRole("button", { name: /^foreign/ }).first().click();
  await page.getByText("unknown: another engine's file").waitFor();
});

test("library: conflicts of the chosen concepts", async (t) => {
  const page = await open(t, "library");
  const conflicts = page.getByRole("region", { name: "Conflicts between concepts" });
  await conflicts.getByRole("table").waitFor();
  assert.equal(await conflicts.getByRole("row").count(), 5);
  await conflicts.getByRole("button", { name: "foreign" }).click();
  await conflicts.getByRole("button", { name: "strange" }).click();
  await page.waitForFunction(() => document.querySelectorAll("table.conflicts tr").length === 3);
  const cells = await conflicts.locator("td").allInnerTexts();
  assert.equal(cells[2], cells[3], "symmetric");
  assert.match(cells[2], /^-?0\.\d\d$/);
  await conflicts.getByRole("button", { name: "happy" }).click();
  await conflicts.getByText("Choose two or more").waitFor();
});

test("library: a key that may load unloads and loads again under another name", async (t) => {
  const server = await serve("--api-key-file", "keys");
  later(t, () => server.stop());
  const page = await open(t, "library", { url: server.url, key: loadKey });
  page.on("dialog", (dialog) => void dialog.accept());
  await page.getByRole("button", { name: /^polite/ }).first().click();
  await page.getByRole("button", { name: "Unload" }).click();
  await page.getByText("3 loaded").waitFor();
  assert.equal(await page.getByLabel("File").inputValue(), "polite.gguf", "what is not loaded is offered first");
  await page.getByLabel("Name").fill("kind");
  await page.getByRole("button", { name: "Load", exact: true }).click();
  await page.getByText("4 loaded").waitFor();
  await page.getByRole("button", { name: /^kind/ }).first().waitFor();
  await page.getByLabel("Name").fill("not a name");
  await page.getByRole("button", { name: "Load", exact: true }).click();
  await page.getByRole("alert").getByText(/The server refused this: name: a concept's name has/).waitFor();
});

test("library: a key that may only call sees no way to load", async (t) => {
  const server = await serve("--api-key-file", "keys");
  later(t, () => server.stop());
  const page = await open(t, "library", { url: server.url, key: callKey });
  await page.getByText("4 loaded").waitFor();
  await page.waitForLoadState("networkidle");
  assert.equal(await page.getByRole("button", { name: "Unload" }).count(), 0);
  assert.equal(await page.getByRole("button", { name: "Load", exact: true }).count(), 0);
});

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folder, open, setDose } from "./bench.mjs";

test("personas: ready-made on the first visit, changed ones are kept", async (t) => {
  const page = await open(t, "personas");
  await page.getByRole("button", { name: /^More happy/ }).waitFor();
  assert.equal(await page.locator(".names li").count(), 5);
  await page.getByRole("button", { name: /^More happy/ }).click();
  await page.getByLabel("Name").fill("Cheerful clerk");
  await setDose(page, "happy", 0.2);
  await page.reload();
  await page.getByRole("button", { name: /^Cheerful clerk happy \+0\.2$/ }).waitFor();
});

test("personas: one deletes, and none comes back by itself", async (t) => {
  const page = await open(t, "personas");
  page.on("dialog", (dialog) => void dialog.accept());
  for (let left = 5; left > 0; --left) {
    await page.waitForFunction((n) => document.querySelectorAll(".names li").length === n, left);
    await page.getByRole("button", { name: "Delete" }).click();
  }
  await page.reload();
  await page.getByText("No personas yet").waitFor();
  await page.getByRole("button", { name: "New" }).click();
  await page.getByLabel("Add a concept").selectOption("polite");
  await page.getByRole("button", { name: /^New persona polite \+0\.5$/ }).waitFor();
});

test("personas: try one in the playground", async (t) => {
  const page = await open(t, "personas");
  await page.getByRole("button", { name: /^Less/ }).click();
  await page.getByRole("button", { name: "Try in the playground" }).click();
  await page.getByLabel("Dose of happy", { exact: true }).waitFor();
  assert.equal(await page.getByLabel("Dose of happy", { exact: true }).inputValue(), "-0.3");
});

test("personas: exported ones can be imported, others are refused in words", async (t) => {
  const page = await open(t, "personas");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export all" }).click()]);
  const file = join(folder, "personas.json");
  await download.saveAs(file);
  assert.equal(JSON.parse(readFileSync(file, "utf8")).personas.length, 5);
  await page.getByLabel("Import").setInputFiles(file);
  await page.waitForFunction(() => document.querySelectorAll(".names li").length === 10);
  for (const [text, words] of [
    ["no JSON", "This file holds no personas"],
    ['{"personas": [{"name": "a", "concepts": [{"name": "happy"}]}]}', "Persona 1 of this file has no name, or concepts"],
    ['{"personas": [{"name": " ", "concepts": []}]}', "Persona 1 of this file has no name"],
  ]) {
    writeFileSync(file, text);
    await page.getByLabel("Import").setInputFiles(file);
    await page.getByRole("alert").getByText(words).waitFor();
  }
  assert.equal(await page.locator(".names li").count(), 10);
  writeFileSync(file, '{"personas": [{"name": "Elsewhere", "concepts": [{"name": "gone", "dose": 1}]}]}');
  await page.getByLabel("Import").setInputFiles(file);
  await page.getByText("not loaded on this server").waitFor();
});

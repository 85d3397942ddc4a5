import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { administerKey, callKey, folder, loadKey, open, serve, serveRegistry, setDose, viewed, violations, visit } from "./bench.mjs";

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
  await viewed(page, "Playground");
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

const team = (page) => page.getByRole("region", { name: "Shared by the team" });
const mine = (page) => page.getByRole("region", { name: "Kept in this browser" });
const shared = (page, name) => page.getByRole("region", { name: `Shared persona ${name}`, exact: true });
const serveTeam = (t, ...more) => serveRegistry(t, "team", ...more);
const ofTeam = async (server, name, key) => {
  const response = await fetch(`${server.url}/v1/personas/${name}`, { headers: key ? { Authorization: `Bearer ${key}` } : {} });
  return [response.status, await response.json()];
};

test("personas: those of the team say version, owner and when, and an older version opens", async (t) => {
  const server = await serveTeam(t);
  const page = await open(t, "personas", { url: server.url });
  const warm = team(page).getByRole("button", { name: /^warm-support@2/ });
  assert.match(await warm.innerText(), /^warm-support@2\s+polite \+0\.4, happy \+0\.1\s+2026-01-01 00:02:00 by <img src=x/);
  await warm.focus();
  await page.keyboard.press("Enter");
  await shared(page, "warm-support").getByText("owner anna").waitFor();
  await shared(page, "warm-support").getByText("<img src=x", { exact: false }).first().waitFor();
  assert.equal(await page.locator("main img").count(), 0, "markup in names and notes is text");
  assert.equal(await page.title(), "Personas · contrans");
  await page.getByLabel("Version").selectOption({ label: "1, 2026-01-01 00:01:00 by anna" });
  await shared(page, "warm-support").getByText("for replies to customers").waitFor();
  assert.equal(await page.getByLabel("Dose of polite", { exact: true }).inputValue(), "0.3");
  await team(page).getByRole("button", { name: /^brisk@1/ }).click();
  await page.getByText("not loaded on this server").waitFor();
});

test("personas: a changed one becomes the next version, with a note", async (t) => {
  const server = await serveTeam(t);
  const page = await open(t, "personas", { url: server.url });
  await team(page).getByRole("button", { name: /^warm-support@2/ }).click();
  const save = page.getByRole("button", { name: "Save as version 3" });
  await save.waitFor();
  assert.equal(await save.isDisabled(), true, "there is nothing new yet");
  await setDose(page, "happy", 0.25);
  await page.getByLabel("What is new").fill("happier");
  await save.click();
  await team(page).getByRole("button", { name: /^warm-support@3/ }).waitFor();
  await shared(page, "warm-support").getByText("happier").waitFor();
  const [, third] = await ofTeam(server, "warm-support");
  assert.deepEqual([third.version, third.note, third.concepts], [3, "happier", [{ concept: "polite", dose: 0.4 }, { concept: "happy", dose: 0.25 }]]);
});

test("personas: what the page does not change of a shared one stays", async (t) => {
  const server = await serveTeam(t);
  const page = await open(t, "personas", { url: server.url });
  await team(page).getByRole("button", { name: /^brisk@1 happy@3/ }).click();
  await shared(page, "brisk").getByText("version 3", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Remove gone" }).click();
  await page.getByRole("button", { name: "Save as version 2" }).click();
  await team(page).getByRole("button", { name: /^brisk@2/ }).waitFor();
  assert.deepEqual((await ofTeam(server, "brisk"))[1].concepts, [{ concept: "happy", dose: 1, version: 3, operator: "project_out", tokens: "generated" }]);
});

test("personas: one of mine is shared, one of theirs is copied", async (t) => {
  const server = await serveTeam(t);
  const page = await open(t, "personas", { url: server.url });
  await mine(page).getByRole("button", { name: /^More happy/ }).click();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByLabel("Name for requests and plans").inputValue(), "more-happy");
  await dialog.getByText("A new persona, version 1.").waitFor();
  await dialog.getByLabel("Name for requests and plans").fill("Warm-Support");
  await dialog.getByText("this becomes its next version, after 2").waitFor();
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").getByText(/differ in capitals alone/).waitFor();
  await dialog.getByLabel("Name for requests and plans").fill("cheerful");
  await dialog.getByLabel("Note").fill("for the blog");
  await page.keyboard.press("Enter");
  await team(page).getByRole("button", { name: /^cheerful@1/ }).waitFor();
  await shared(page, "cheerful").getByText("for the blog").waitFor();
  assert.deepEqual((await ofTeam(server, "cheerful"))[1].concepts, [{ concept: "happy", dose: 0.5 }]);
  await page.getByRole("button", { name: "Copy to mine" }).click();
  await mine(page).getByRole("button", { name: /^cheerful happy \+0\.5$/ }).waitFor();
  await page.reload();
  await mine(page).getByRole("button", { name: /^cheerful happy/ }).waitFor();
});

test("personas: a shared version is deleted, then all of them", async (t) => {
  const server = await serveTeam(t);
  const page = await open(t, "personas", { url: server.url });
  page.on("dialog", (dialog) => void dialog.accept());
  await team(page).getByRole("button", { name: /^warm-support@2/ }).click();
  await page.getByRole("button", { name: "Delete version 2" }).click();
  await team(page).getByRole("button", { name: /^warm-support@1/ }).click();
  await page.getByRole("button", { name: "Delete version 1" }).click();
  await team(page).getByRole("button", { name: /^warm-support/ }).waitFor({ state: "detached" });
  assert.equal((await ofTeam(server, "warm-support"))[0], 404);
  await page.getByRole("region", { name: "Persona More happy" }).waitFor();
});

test("personas: a key of role call uses them and is told that it changes none", async (t) => {
  const server = await serveTeam(t, "--api-key-file", "keys");
  const page = await open(t, "personas", { url: server.url, key: callKey });
  await team(page).getByText("takes a key of role load").waitFor();
  assert.equal(await page.getByRole("button", { name: "Share", exact: true }).count(), 0);
  await team(page).getByRole("button", { name: /^warm-support@2/ }).click();
  await shared(page, "warm-support").getByText("takes a key of role load").waitFor();
  await setDose(page, "happy", 0.25);
  for (const name of ["Save as version 3", "Delete version 2", "Delete all 2"]) assert.equal(await page.getByRole("button", { name }).isDisabled(), true, name);
  await page.getByRole("button", { name: "Copy to mine" }).click();
  await mine(page).getByRole("button", { name: /^warm-support polite/ }).waitFor();
  assert.deepEqual(await violations(page), []);
  const other = await open(t, "personas", { url: server.url, key: loadKey });
  await other.getByRole("button", { name: "Share", exact: true }).click();
  await other.getByRole("dialog").getByRole("button", { name: "Share" }).click();
  await team(other).getByRole("button", { name: /^more-happy@1[^]*by loader/ }).waitFor();
});

test("personas: without a registry the page says so and keeps them in the browser", async (t) => {
  const page = await open(t, "personas");
  await team(page).getByText("This server has no registry").waitFor();
  assert.equal(await page.getByRole("button", { name: "Share", exact: true }).count(), 0);
  assert.equal(await mine(page).locator(".names li").count(), 5);
});

test("personas: a shared one is planned as one, and tried in the playground", async (t) => {
  const server = await serveTeam(t, "--api-key-file", "keys");
  const page = await open(t, "rollouts", { url: server.url, key: administerKey });
  await page.getByLabel("From a persona").selectOption("warm-support@2");
  assert.deepEqual(JSON.parse(await page.getByLabel("Plan as JSON").inputValue()).treatment, { persona: "warm-support@2" });
  await page.getByRole("button", { name: "Keep this plan" }).click();
  await page.getByRole("region", { name: "Rollout warm-support", exact: true }).getByText("persona warm-support@2: polite +0.4; happy +0.1").waitFor();
  await page.getByRole("button", { name: "New plan" }).click();
  await page.getByLabel("From a persona").selectOption("brisk@1");
  await page.getByRole("button", { name: "Keep this plan" }).click();
  await page.getByRole("alert").getByText(/persona brisk@1 has .happy. as project_out/).waitFor();
  await visit(page, "Playground");
  await page.getByLabel("From a persona").selectOption("warm-support@2");
  assert.equal(await page.getByLabel("Dose of polite", { exact: true }).inputValue(), "0.4");
});

test("personas: a server that is gone is named", async (t) => {
  const server = await serve("--registry", "team-gone");
  const page = await open(t, "personas", { url: server.url });
  await team(page).getByText("Nothing yet").waitFor();
  await server.kill();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Share" }).click();
  await page.getByRole("alert").getByText("The server cannot be reached").waitFor();
});

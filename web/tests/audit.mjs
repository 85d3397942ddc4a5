import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { administerKey, callKey, folder, later, open, proxy, serve, serveRegistry, violations } from "./bench.mjs";

const rows = (page) => page.locator("table.records tbody tr");
const status = (page) => page.getByRole("region", { name: "Audit log" }).locator('h2 [role="status"]');
const show = async (page, fields) => {
  for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]`).fill(value);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.getByText("Reading …").waitFor({ state: "detached" });
};

test("audit: newest first, older ones on demand down to the first", async (t) => {
  const server = await serveRegistry(t, "records");
  const page = await open(t, "audit", { url: server.url });
  await page.getByText("100 read, newest first; there are older ones").waitFor();
  assert.match(await rows(page).first().innerText(), /^255\s.*operator\s+serve\.start\s/);
  await page.getByRole("button", { name: "Older" }).click();
  await page.getByText("200 read").waitFor();
  await page.getByRole("button", { name: "Older" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("255 read, newest first").waitFor();
  assert.equal(await page.getByRole("button", { name: "Older" }).count(), 0);
  const places = await rows(page).locator("th").allInnerTexts();
  assert.deepEqual(places, Array.from({ length: 255 }, (_, i) => String(255 - i)));
  assert.match(await rows(page).nth(254).innerText(), /2026-01-01 00:01:00\s+support\s+request\s+happy\s+polite\s+1\s+sha256:0123…\s+0\.3\s+-0\.5\s+2\s+2\s+length/);
});

test("audit: filters by actor, action, concept and time, and finds words in what was read", async (t) => {
  const server = await serveRegistry(t, "records");
  const page = await open(t, "audit", { url: server.url });
  await page.getByText("100 read").waitFor();
  await show(page, { action: "registry." });
  assert.deepEqual(await rows(page).locator("th").allInnerTexts(), ["4", "3"]);
  await show(page, { action: "", actor: "operator" });
  assert.equal(await status(page).innerText(), "5 read, newest first");
  await show(page, { actor: "", concept: "happy", from: "2026-01-01T00:05", before: "2026-01-01T00:11" });
  assert.deepEqual(await rows(page).locator("th").allInnerTexts(), ["10", "9", "8", "7", "6", "5"]);
  await show(page, { concept: "polite" }); // which stands second in their lists
  assert.deepEqual(await rows(page).locator("th").allInnerTexts(), ["9", "7", "5"]);
  await show(page, { concept: "happy" });
  await page.getByLabel("Find in these").fill("CMPL-8 ");
  assert.deepEqual(await rows(page).locator("th").allInnerTexts(), ["8"]);
  assert.match(await status(page).innerText(), /^1 of 6 read/);
  await page.getByLabel("Find in these").fill("nowhere");
  await page.getByText("None of the records that were read has these words").waitFor();
  await show(page, { actor: "nobody" });
  await page.getByText("No record fits these filters").waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByLabel("Find in these").fill("");
  await page.getByText("100 read").waitFor();
});

test("audit: older records keep the filter, and a record shows all of itself", async (t) => {
  const server = await serveRegistry(t, "records");
  const page = await open(t, "audit", { url: server.url });
  await page.getByText("100 read").waitFor();
  await show(page, { actor: "support" });
  await page.getByRole("button", { name: "Older" }).click();
  await page.getByText("124 read, newest first").waitFor();
  const last = rows(page).last();
  await last.locator("summary").focus();
  await page.keyboard.press("Enter");
  const whole = await last.locator("dl").innerText();
  for (const part of ["generated_tokens=64", "sha256:0123456789abcdef", "2026-01-01T00:01:00.000000Z"]) assert.ok(whole.includes(part), `${part} in ${whole}`);
  assert.match(whole, /hash\s+[0-9a-f]{64}/);
});

test("audit: verify shows that the log holds, and the end to keep", async (t) => {
  const server = await serveRegistry(t, "records");
  const page = await open(t, "audit", { url: server.url });
  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByText("255 records, none edited, removed or moved").waitFor();
  const found = await (await fetch(`${server.url}/v1/audit/verify`)).json();
  assert.equal(await page.getByLabel("End of the log").innerText(), found.end);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByText("Copied.").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), found.end);
});

test("audit: verify shows what is wrong", async (t) => {
  const server = await serveRegistry(t, "edited");
  const page = await open(t, "audit", { url: server.url });
  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByText("does not hold").waitFor();
  await page.getByText("record 7 is not what was written").waitFor();
  await page.getByText("Find out what happened").waitFor();
  assert.equal(await page.getByText("Keep this line somewhere else").count(), 0);
  assert.deepEqual(await violations(page), []);
});

test("audit: what is shown can be downloaded as the export writes it", async (t) => {
  const server = await serveRegistry(t, "records");
  const page = await open(t, "audit", { url: server.url });
  await page.getByText("100 read").waitFor();
  await show(page, { action: "registry." });
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV" }).click()]);
  assert.equal(download.suggestedFilename(), "audit-3-4.csv");
  const file = join(folder, "shown.csv");
  await download.saveAs(file);
  const lines = readFileSync(file, "utf8").split("\r\n");
  assert.equal(lines[0], "place,time,actor,action,concept,version,dose,layers,rollout,outcome,detail,hash");
  assert.match(lines[1], /^4,2026-01-01T00:04:00\.000000Z,"'=1\+1","registry\.tag","happy","1","","","","done","tag ""good"", moved","[0-9a-f]{64}"$/);
  assert.equal(lines.length, 4);
});

test("audit: markup in records is text", async (t) => {
  const server = await serveRegistry(t, "records");
  const page = await open(t, "audit", { url: server.url });
  await page.getByText("100 read").waitFor();
  await show(page, { action: "registry.add" });
  assert.equal(await rows(page).getByText("<img src=x onerror=").count(), 4);
  assert.equal(await page.locator("main img").count(), 0);
  assert.equal(await page.title(), "Audit · contrans");
});

test("audit: without a registry the page says how to keep a log", async (t) => {
  const page = await open(t, "audit");
  await page.getByText("This server keeps no audit log").waitFor();
  assert.match(await page.getByLabel("Command").innerText(), /^contrans serve --registry FOLDER/);
  assert.deepEqual(await violations(page), []);
});

test("audit: a key that may not read it is refused in words, and another one can be entered", async (t) => {
  const server = await serveRegistry(t, "records", "--api-key-file", "keys");
  const page = await open(t, "audit", { url: server.url, key: callKey });
  await page.getByRole("alert").getByText(/This key may not do that/).waitFor();
  assert.equal(await page.getByRole("button", { name: "Verify" }).count(), 0);
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Enter another key" }).click();
  await page.getByRole("dialog").getByText("a key of role administer").waitFor();
  await page.getByLabel("API key").fill(administerKey);
  await page.keyboard.press("Enter");
  await page.getByText("100 read").waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
  assert.match(await rows(page).first().innerText(), /serve\.start/);
});

test("audit: an incomplete time is not sent, and a server that is gone is named", async (t) => {
  const server = await serveRegistry(t, "records");
  const between = await proxy(server.url);
  later(t, () => between.close());
  const page = await open(t, "audit", { url: between.url });
  await page.getByText("100 read").waitFor();
  await page.locator('[name="from"]').focus();
  await page.keyboard.type("0101"); // month and day alone
  await page.getByRole("button", { name: "Show", exact: true }).click();
  assert.equal(await page.locator('[name="from"]').evaluate((input) => input.validity.badInput), true);
  assert.match(await status(page).innerText(), /^100 read/);
  between.close();
  await page.getByRole("button", { name: "Older" }).click();
  await page.getByRole("alert").getByText("The server cannot be reached").waitFor();
  assert.match(await status(page).innerText(), /^100 read/, "what was read stays");
});

test("audit: a second check at a time is told to wait", async (t) => {
  const server = await serve("--registry", "fresh");
  later(t, () => server.stop());
  const page = await open(t, "audit", { url: server.url });
  await page.route("**/v1/audit/verify", (route) =>
    route.fulfill({ status: 429, headers: { "Retry-After": "2" }, json: { error: { message: "the audit log is being verified for somebody else", code: "verify_running" } } }),
  );
  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByRole("alert").getByText("being verified for somebody else. Try again in 2 s.").waitFor();
});

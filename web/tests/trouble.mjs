import assert from "node:assert/strict";
import { test } from "node:test";
import { callKey, later, loadKey, open, proxy, serve, textOf, visit, writeBoth } from "./bench.mjs";

test("trouble: a key is asked for, a wrong one refused in words, and the right one stays in this tab", async (t) => {
  const server = await serve("--api-key-file", "keys");
  later(t, () => server.stop());
  const page = await open(t, "playground", { url: server.url });
  await page.getByText("This server asks for a key").waitFor();
  await page.getByLabel("API key").fill("wrong");
  await page.getByRole("button", { name: "Use this key" }).click();
  await page.getByText("The server does not know this key").waitFor();
  await page.getByLabel("API key").fill(callKey);
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Prompt" }).waitFor();
  await writeBoth(page);
  assert.ok((await textOf(page, "Steered")).length > 0);
  const kept = await page.evaluate(() => [JSON.stringify(localStorage), sessionStorage.getItem("contrans.key")]);
  assert.ok(!kept[0].includes(callKey));
  assert.equal(kept[1], callKey);
  await page.reload();
  await page.getByRole("textbox", { name: "Prompt" }).waitFor();
});

test("trouble: a concept that was unloaded meanwhile", async (t) => {
  const server = await serve("--api-key-file", "keys");
  later(t, () => server.stop());
  const page = await open(t, "playground", { url: server.url, key: callKey });
  await page.getByRole("textbox", { name: "Prompt" }).waitFor();
  const gone = await fetch(`${server.url}/v1/concepts/polite`, { method: "DELETE", headers: { Authorization: `Bearer ${loadKey}` } });
  assert.equal(gone.status, 200);
  await writeBoth(page);
  const alert = page.locator('section[aria-label="Steered"]').getByRole("alert");
  assert.match(await alert.innerText(), /The server refused this: .*there is no concept .polite./);
  await page.reload();
  await page.getByText("not loaded on this server").waitFor();
});

test("trouble: the server goes away in the middle of an answer", async (t) => {
  const server = await serve();
  const breaking = await proxy(server.url, { breakAfter: 1500 });
  later(t, async () => (breaking.close(), await server.stop()));
  const page = await open(t, "playground", { url: breaking.url });
  await writeBoth(page);
  const pane = page.locator('section[aria-label="Steered"]');
  await pane.getByText("The connection ended in the middle of the answer").waitFor();
  assert.ok((await textOf(page, "Steered")).length > 0, "what had come is kept");
});

test("trouble: the server is killed before the next request", async (t) => {
  const server = await serve();
  const page = await open(t, "playground", { url: server.url });
  await page.getByRole("textbox", { name: "Prompt" }).waitFor();
  await server.kill();
  await writeBoth(page);
  await page.locator('section[aria-label="Unsteered"]').getByText("The server cannot be reached").waitFor();
});

test("trouble: a prompt that does not fit the context is refused in the server's words", async (t) => {
  const server = await serve("--ctx", "64");
  later(t, () => server.stop());
  const page = await open(t, "playground", { url: server.url });
  await page.getByRole("textbox", { name: "Prompt" }).fill("long ".repeat(400));
  await writeBoth(page);
  await page.locator('section[aria-label="Unsteered"]').getByText(/The server refused this: .*/).waitFor();
});

test("trouble: markup in prompts, names and files is text", async (t) => {
  const markup = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
  const page = await open(t, "playground");
  await page.getByRole("textbox", { name: "Prompt" }).fill(markup);
  await writeBoth(page);
  await page.getByRole("button", { name: "Copy as code" }).click();
  assert.ok((await page.getByLabel("Request in curl").innerText()).includes("<img src=x"));
  await page.keyboard.press("Escape");
  await visit(page, "Library");
  await page.getByRole("button", { name: /^strange/ }).first().click();
  await page.getByText(`<img src=x onerror="document.title='owned'">`).waitFor();
  await visit(page, "Personas");
  await page.getByLabel("Name").fill(markup.slice(0, 80));
  await page.locator(".names").getByText("<img src=x").waitFor();
  assert.equal(await page.locator("main img").count(), 0);
  assert.match(await page.title(), /contrans$/);
});

test("trouble: without vectors the page says what to do", async (t) => {
  const server = await serve("--vectors", "no-vectors");
  later(t, () => server.stop());
  const page = await open(t, "playground", { url: server.url });
  await page.getByText("No concept is loaded").waitFor();
  await visit(page, "Library");
  await page.getByText("No concept is loaded").waitFor();
});

// One browser for all tests of the page, one view a file.
import { after, before } from "node:test";
import { setUp, tearDown } from "./bench.mjs";

before(setUp);
after(tearDown);

await import("./playground.mjs");
await import("./library.mjs");
await import("./templates.mjs");
await import("./personas.mjs");
await import("./audit.mjs");
await import("./rollouts.mjs");
await import("./trouble.mjs");
await import("./looks.mjs");
await import("./speed.mjs");

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ActionOutcome } from "../action";
import { createBanTarget } from "../ban-tags";
import { createBan, createWorld } from "../fakes.testing";
import { ModuleAction } from "./module-action";
import { ThreadHost } from "./thread-host";
import { threadsFrom } from "./thread-port";

const folder = mkdtempSync(join(tmpdir(), "warder-module-"));
const world = createWorld();
const opened: ModuleAction[] = [];

beforeAll(() => {
  buildSync({
    entryPoints: [join(dirname(fileURLToPath(import.meta.url)), "module.main.ts")],
    outfile: join(folder, "module.cjs"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "error",
  });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((action) => action.stop()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** An action of a module with this text. */
function make(text: string, args: Readonly<Record<string, string>> = {}): ModuleAction {
  const file = join(folder, `module-${count++}.mjs`);
  writeFileSync(file, text);
  const start = threadsFrom(() => join(folder, "module.cjs"));
  const host = new ThreadHost({ start: () => start("module"), log: world.log, revives: false });
  const spec = {
    name: "mine",
    properties: new Map(),
    script: { file, args: JSON.stringify({ timeout: "2", ...args }) },
  };
  const action = new ModuleAction(spec, world, host);
  opened.push(action);
  return action;
}

const target = (ip: string, groups = new Map<string, string>()) =>
  createBanTarget(createBan(ip, { data: { matches: ["a line"], failures: 2, groups } }), world);
const messageOf = (outcome: ActionOutcome): string => ("message" in outcome ? outcome.message : "");

describe("an action in JavaScript", () => {
  it("gets everything about a ban as plain data", async () => {
    const notes = join(folder, "notes");
    const action = make(
      `import { writeFileSync } from "node:fs";
       export const create = (jail, name, options) => ({
         norestored: true,
         ban: (ban) => writeFileSync(options.file, JSON.stringify([jail.name, name, ban])),
         flush() {},
       });`,
      { file: notes },
    );
    expect(await action.ban(target("192.0.2.1", new Map([["user", "root"]])))).toEqual({ status: "applied" });
    expect(JSON.parse(readFileSync(notes, "utf8"))).toMatchObject([
      "demo",
      "mine",
      {
        ip: "192.0.2.1",
        fid: "192.0.2.1",
        family: "inet4",
        failures: 2,
        matches: ["a line"],
        tags: { "F-USER": "root" },
      },
    ]);
  });

  it("says what it can and wants, and gets no restored bans when it wants none", async () => {
    const action = make(
      `export const create = () => ({ norestored: true, flush() {}, ban() { throw new Error("not wanted"); } });`,
    );
    await action.start();
    const restored = createBanTarget(createBan("192.0.2.1", { restored: true }), world);
    expect(await action.ban(restored)).toEqual({ status: "skipped" });
    expect([action.norestored, action.canFlush]).toEqual([true, true]);
  });

  it("is asked for one thing after the other", async () => {
    const action = make(
      `let busy = 0;
       export default { create: async () => ({
         async ban() { if (++busy > 1) throw new Error("two at once"); await new Promise((r) => setTimeout(r, 20)); busy--; },
       }) };`,
    );
    const outcomes = await Promise.all([1, 2, 3, 4].map((part) => action.ban(target(`192.0.2.${part}`))));
    expect(outcomes).toEqual(Array.from({ length: 4 }, () => ({ status: "applied" })));
  });

  it("bans again with ban where it has no reban, and is not asked for what it does not have", async () => {
    const action = make(
      `export const create = () => ({ ban({ ip }) { if (ip !== "192.0.2.1") throw new Error("no"); } });`,
    );
    await action.start();
    expect(await action.reban(target("192.0.2.1"))).toEqual({ status: "applied" });
    expect(await action.unban(target("192.0.2.2"))).toEqual({ status: "skipped" });
    expect(messageOf(await action.ban(target("192.0.2.2")))).toBe("no");
  });

  it.each([
    ["no such file", undefined, "module-"],
    ["a syntax error", "export const = 1;", "Unexpected token"],
    ["nothing that can be made", "export const other = 1;", "has no exported function create"],
    ["what is no object", "export const create = () => 1;", "gives no object"],
    ["what throws at once", "throw new Error('early');", "early"],
  ])("fails at its start with %s", async (_, text, message) => {
    const action = make(text ?? "");
    if (text === undefined) {
      rmSync(join(folder, `module-${count - 1}.mjs`));
    }
    expect(await action.start()).toEqual({ status: "applied" });
    expect(messageOf(await action.ban(target("192.0.2.1")))).toContain(message);
    expect(world.lines.some((line) => line.startsWith("ERROR actions Failed to start jail 'demo'"))).toBe(
      true,
    );
  });

  it.each([
    ["runs in circles", "for (;;);", "took more than 2 seconds"],
    ["never ends", "return new Promise(() => {});", "took more than 2 seconds"],
    ["ends its thread", "process.exit(3);", "has ended"],
    [
      "throws behind our back",
      "setTimeout(() => { throw new Error('late'); }); return new Promise(() => {});",
      "late",
    ],
    ["fills the memory", "const all = []; for (;;) all.push(new Array(1e6).fill(1.5));", "memory"],
  ])("that %s is ended, and the next ban is made by a new one", async (_, body, message) => {
    const action = make(
      `export const create = () => ({ ban({ ip }) { if (ip === "192.0.2.1") { ${body} } } });`,
      { timeout: message === "memory" ? "20" : "2" },
    );
    await action.start();
    expect(messageOf(await action.ban(target("192.0.2.1")))).toContain(message);
    expect(await action.ban(target("192.0.2.2"))).toEqual({ status: "applied" });
  });

  it("stops nobody else while it runs in circles", async () => {
    const action = make("export const create = () => ({ ban() { for (;;); } });", { timeout: "1" });
    await action.start();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 20);
    await action.ban(target("192.0.2.1"));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
  });

  it("is made anew with other options, and left alone with the same", async () => {
    const notes = join(folder, "reloads");
    writeFileSync(notes, "");
    const text = `import { appendFileSync } from "node:fs";
      export const create = (jail, name, { file, word }) => ({
        start() { appendFileSync(file, "start " + word + "\\n"); },
        stop() { appendFileSync(file, "stop " + word + "\\n"); },
      });`;
    const action = make(text, { file: notes, word: "one" });
    await action.start();
    const file = join(folder, `module-${count - 1}.mjs`);
    const spec = (word: string) => ({
      name: "mine",
      properties: new Map(),
      script: { file, args: JSON.stringify({ timeout: "2", file: notes, word }) },
    });
    await action.reload(spec("one"));
    expect(action.epoch).toBe(0);
    await action.reload(spec("two"));
    expect(action.epoch).toBe(1);
    expect(readFileSync(notes, "utf8")).toBe("start one\nstop one\nstart two\n");
  });

  it("writes to the log in its own name", async () => {
    const action = make(
      `export const create = (jail) => ({ ban() { jail.log("warning", "look\\nhere"); } });`,
    );
    await action.ban(target("192.0.2.1"));
    expect(world.lines).toContain("WARNING actions [mine] look\nhere");
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ControlServer, unknownJailError } from "../control";
import { formatPythonText, PyTuple, type Command, type CommandValue } from "../model";
import { formatEvent } from "./events";
import { runWarder } from "./warder";

let folder: string;
let server: ControlServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "warder-json-"));
  server = new ControlServer({ endpoint: { path: join(folder, "sock") }, handler: answer });
  await server.listen();
});
afterEach(async () => {
  await server.close(0);
  rmSync(folder, { recursive: true, force: true });
});

const pair = (name: string, value: CommandValue): PyTuple => new PyTuple([name, value]);

const WEB: CommandValue = [
  pair("Filter", [
    pair("Currently failed", 1),
    pair("Total failed", 5),
    pair("File list", ["/var/log/web.log"]),
  ]),
  pair("Actions", [
    pair("Currently banned", 1),
    pair("Total banned", 2),
    pair("Banned IP list", ["192.0.2.1"]),
  ]),
];
const MAIL: CommandValue = [
  pair("Filter", [
    pair("Currently failed", 0),
    pair("Total failed", 0),
    pair("Journal matches", ["_COMM=mail"]),
  ]),
  pair("Actions", [pair("Currently banned", 0), pair("Total banned", 0), pair("Banned IP list", [])]),
];

const ENFORCED: CommandValue = new Map<CommandValue, CommandValue>([
  ["applied", 1],
  ["pending", 0],
  ["failed", 1],
  ["reasons", new Map([["192.0.2.2", "nft: ENOENT"]])],
]);
const ENFORCEMENT = { applied: 1, pending: 0, failed: 1, reasons: { "192.0.2.2": "nft: ENOENT" } };

async function answer(command: Command): Promise<CommandValue> {
  const line = command.map(formatPythonText).join(" ");
  if (line.includes("nojail")) {
    throw unknownJailError("nojail");
  }
  const values: Readonly<Record<string, CommandValue>> = {
    "status --all": [
      pair("Number of jail", 2),
      pair("Jail list", "mail, web"),
      new Map([
        ["mail", MAIL],
        ["web", WEB],
      ]),
    ],
    "status web": WEB,
    "get web enforcement": ENFORCED,
    "get mail enforcement": ENFORCED,
    banned: [new Map([["web", ["192.0.2.1"]]]), new Map([["mail", []]])],
    "banned 192.0.2.1": [["web"]],
    "get web bantime": 600,
  };
  return Promise.resolve(values[line] ?? `no answer to ${line}`);
}

async function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const status = await runWarder(["--socket", join(folder, "sock"), "-c", folder, ...args], {
    io: { out: (text) => void (out += text), err: (text) => void (err += text), unicode: true },
    defaults: { program: "warder", conf: folder, server: "/nonexistent" },
    script: "/nonexistent",
    readerScript: "/nonexistent",
    server: "/nonexistent",
    shippedTree: folder,
  });
  return { status, out, err };
}

const WEB_JSON = {
  name: "web",
  failed: { current: 1, total: 5 },
  banned: { current: 1, total: 2, ids: ["192.0.2.1"] },
  enforcement: ENFORCEMENT,
  logs: ["/var/log/web.log"],
};
const MAIL_JSON = {
  name: "mail",
  failed: { current: 0, total: 0 },
  banned: { current: 0, total: 0, ids: [] },
  enforcement: ENFORCEMENT,
  journalmatch: ["_COMM=mail"],
};

describe("--json", () => {
  test.each([
    [["status"], { jails: [MAIL_JSON, WEB_JSON] }],
    [["status", "web"], WEB_JSON],
    [["banned"], { web: ["192.0.2.1"], mail: [] }],
    [["banned", "192.0.2.1"], { "192.0.2.1": ["web"] }],
    [["get", "web", "bantime"], 600],
  ])("%j", async (words, expected) => {
    const { status, out, err } = await run(...words, "--json");
    expect({ status, err, value: JSON.parse(out) as unknown }).toEqual({
      status: 0,
      err: "",
      value: expected,
    });
    expect(out.indexOf("\n")).toBe(out.length - 1);
  });

  test("failures are told in words", async () => {
    expect(await run("status", "nojail", "--json")).toEqual({
      status: 255,
      out: "",
      err: "warder: 'nojail'\n",
    });
    expect((await run("start", "--json")).status).toBe(255);
    await server.close(0);
    const { status, err } = await run("banned", "--json");
    expect(status).toBe(255);
    expect(err).toContain("Cannot reach the daemon");
  });
});

describe("events", () => {
  test("are printed as they come, until the daemon ends", async () => {
    const running = run("events", "--json", "expired");
    for (let tries = 0; tries < 20; tries++) {
      server.publish({ type: "expired", jail: "web", id: `192.0.2.${tries}` }, 5);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await server.close(0);
    const { out, status } = await running;
    const [first = ""] = out.split("\n");
    expect(status).toBe(0);
    expect(JSON.parse(first)).toMatchObject({ event: "expired", at: 5, jail: "web" });
  });

  test("of an unknown name are refused", async () => {
    const { status, err } = await run("events", "banned");
    expect(status).toBe(255);
    expect(err).toContain("There is no event banned");
  });

  test("are one line each, whatever the offender is called", () => {
    const line = formatEvent({ event: "ban", at: 0, jail: "web", id: "x\u001b[2J\nban", bantime: 600 });
    expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}ban {13}\[web\] x\?\[2J\?ban for 10m$/);
    expect(formatEvent({ event: "ban", at: 0, jail: "web", id: "x", bantime: -1 })).toMatch(/x for good$/);
    expect(formatEvent({ event: "dropped", at: 0, count: 3 })).toMatch(/3 events were lost/);
  });
});

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Logger } from "./logger";
import { systemClock } from "./clock";
import { openLogTarget } from "./open-log-target";

const hasLogger = String(spawnSync("logger", ["--version"]).stdout).includes("util-linux");
if (!hasLogger) {
  console.warn("SKIPPED: the tests of SYSLOG need logger of util-linux");
}

let folder: string;
let path: string;
let service: Server;
let received: string;
let sockets: Socket[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "warder-log-"));
  path = join(folder, "sock");
  received = "";
  sockets = [];
  service = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk) => (received += String(chunk)));
  });
  await new Promise<void>((resolve) => service.listen(path, resolve));
});
afterEach(() => {
  service.close();
  sockets.forEach((socket) => socket.destroy());
  rmSync(folder, { recursive: true, force: true });
});

async function untilReceived(text: string): Promise<void> {
  for (let tries = 0; tries < 250 && !received.includes(text); tries++) {
    await sleep(20);
  }
  expect(received).toContain(text);
}

const record = { time: 1_763_681_000, level: "NOTICE", logger: "actions", pid: 29_721 } as const;

describe("SYSTEMD-JOURNAL", () => {
  it("introduces itself and sends bare messages with their level", async () => {
    const target = openLogTarget("SYSTEMD-JOURNAL", { journalSocket: path });
    target.add({ ...record, message: ["[t1] Ban ", "192.0.2.1"] });
    target.add({ ...record, level: "ERROR", message: ["two\n<0>lines"] });
    target.write();
    await untilReceived("lines\n");
    expect(received).toBe(
      "fail2ban\n\n6\n1\n0\n0\n0\n<5>[t1] Ban 192.0.2.1\n<3>two" + String.raw`\n<0>lines` + "\n",
    );
    target.close();
  });

  it("comes back when the journal was started anew", async () => {
    const target = openLogTarget("systemd-journal[format='%(levelname)s %(message)s']", {
      journalSocket: path,
    });
    target.add({ ...record, message: ["first"] });
    target.write();
    await untilReceived("<5>NOTICE first\n");
    sockets.forEach((socket) => socket.destroy());
    await sleep(50);
    received = "";
    target.add({ ...record, message: ["second"] });
    target.write();
    await untilReceived("second");
    expect(received).toBe("fail2ban\n\n6\n1\n0\n0\n0\n<5>NOTICE second\n");
    target.close();
  });

  it("is refused where there is no journal", () => {
    expect(() => openLogTarget("SYSTEMD-JOURNAL", { journalSocket: join(folder, "none") })).toThrow(
      /systemd-journald does not run here/,
    );
  });
});

describe.skipIf(!hasLogger)("SYSLOG", () => {
  it("sends lines under fail2ban's names, with facility and severity", async () => {
    const target = openLogTarget("SYSLOG[facility=local3]", { syslogsocket: path });
    target.add({ ...record, message: ["[t1] Ban 192.0.2.1"] });
    target.write();
    await untilReceived("Ban 192.0.2.1");
    expect(received).toMatch(/^<157>.* fail2ban\.actions\[29721\]: NOTICE \[t1\] Ban 192\.0\.2\.1/);
    target.add({ ...record, level: "ERROR", logger: "jail", message: ["<1>odd\nname: x"] });
    target.write();
    await untilReceived("odd");
    expect(received).toMatch(/<155>[^<]* fail2ban\.jail\[29721\]: ERROR <1>odd\\nname: x/);
    expect(target.title).toBe(`SYSLOG (${path})`);
    target.close();
  });

  it("sends a line of another form behind the bare name", async () => {
    const target = openLogTarget('SYSLOG[format="%(levelname)-8s|%(message)s"]', { syslogsocket: path });
    target.add({ ...record, message: ["fail2ban.x[1]: forged"] });
    target.write();
    await untilReceived("forged");
    expect(received).toMatch(/^<29>.* fail2ban\[29721\]: NOTICE {2}\|fail2ban\.x\[1\]: forged/);
    target.close();
  });

  it("does not lose the last line before an exit", async () => {
    const script = `
      const { openLogTarget } = require(process.argv[1]);
      const target = openLogTarget("SYSLOG", { syslogsocket: process.argv[2] });
      target.add({ time: 1, level: "INFO", logger: "server", pid: 1, message: ["Exiting Fail2ban"] });
    target.write();
      process.exit(0);`;
    const bundle = join(folder, "bundle.cjs");
    const { buildSync } = await import("esbuild");
    buildSync({
      entryPoints: ["src/platform/open-log-target.ts"],
      outfile: bundle,
      bundle: true,
      platform: "node",
      format: "cjs",
    });
    spawnSync(process.execPath, ["-e", script, bundle, path]);
    await untilReceived("Exiting Fail2ban");
  });

  it("says what is missing", () => {
    const open = (text: string, syslogsocket: string) => () => openLogTarget(text, { syslogsocket });
    expect(open("SYSLOG", join(folder, "none"))).toThrow(/there is no socket ".*none"/);
    expect(open("SYSLOG[facility=nope]", path)).toThrow(/facility "nope" is unknown/);
  });

  it("moves with syslogsocket, and stays where it is when that is no socket", async () => {
    const logger = new Logger(systemClock(), join(folder, "file.log"));
    expect(logger.setSyslogSocket(path)).toBe(false);
    expect(logger.setTarget("SYSLOG")).toBe(true);
    expect(logger.targetTitle).toBe(`SYSLOG (${path})`);
    expect(() => logger.setSyslogSocket(join(folder, "none"))).toThrow(/there is no socket/);
    logger.log("INFO", "server", "still here");
    await untilReceived("still here");
    expect(logger.flush()).toBe("flushed");
  });
});

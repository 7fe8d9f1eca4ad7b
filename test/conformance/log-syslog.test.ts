/** fail2ban and we log the same things to syslog: what a syslog daemon makes of it is the same. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { until } from "../e2e/local-daemon.testing";
import { makeServerFolder, REAL_CLIENT, runCall, startServer } from "./control-server.testing";

const hasAll =
  existsSync(REAL_CLIENT[0] ?? "") &&
  spawnSync("python3", ["-V"]).status === 0 &&
  String(spawnSync("logger", ["--version"]).stdout).includes("util-linux");
if (!hasAll) {
  console.warn("SKIPPED: conformance of SYSLOG needs fail2ban, python3 and logger of util-linux");
}

/** A syslog service: prints every datagram it is sent. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("ready", flush=True)
while True:
    print(s.recv(65536).rstrip(b"\\0").decode(), flush=True)
`;

class Syslog {
  readonly path = join(mkdtempSync(join(tmpdir(), "syslog-")), "log");
  text = "";
  readonly #child: ChildProcess;

  constructor() {
    const child = spawn("python3", ["-c", RECEIVER, this.path], { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.text += text));
    this.#child = child;
  }

  /** What a syslog daemon makes of it: priority, tag and text, without its own time. */
  get entries(): readonly string[] {
    const lines = this.text.split("\n").slice(1, -1);
    return lines.map((line) =>
      line.replace(/^(<\d+>)(?:\w{3} [ \d]\d \d\d:\d\d:\d\d )?/, "$1").replaceAll(/\[\d+\]: /g, "[PID]: "),
    );
  }

  remove(): void {
    this.#child.kill();
    rmSync(join(this.path, ".."), { recursive: true, force: true });
  }
}

describe.skipIf(!hasAll)("log lines in syslog", () => {
  let programs: Programs;
  const folders: string[] = [];
  const services: Syslog[] = [];

  beforeAll(() => {
    programs = buildPrograms();
  });
  afterAll(() => {
    for (const folder of folders) {
      runCall(REAL_CLIENT, folder, { args: ["stop"] });
      rmSync(folder, { recursive: true, force: true });
    }
    services.forEach((service) => service.remove());
    programs.remove();
  });

  async function logOf(client: readonly string[]): Promise<readonly string[]> {
    const folder = makeServerFolder();
    const syslog = new Syslog();
    folders.push(folder);
    services.push(syslog);
    await until("a syslog service", () => syslog.text.startsWith("ready"));
    startServer(folder, client);
    const call = (...args: readonly string[]): unknown => runCall(REAL_CLIENT, folder, { args });
    call("set", "syslogsocket", syslog.path);
    call("set", "logtarget", "SYSLOG[facility=local2]");
    call("set", "t1", "banip", "192.0.2.1");
    await until("the ban", () => syslog.text.includes("[t1] Ban 192.0.2.1"));
    call("set", "t1", "unbanip", "192.0.2.1");
    await until("the unban", () => syslog.text.includes("[t1] Unban 192.0.2.1"));
    call("get", "t1", "nonsense");
    await until("the failed command", () => syslog.text.includes("has failed"));
    return syslog.entries;
  }

  test("carry the same priorities, names and texts", async () => {
    const theirs = await logOf(REAL_CLIENT);
    const ours = await logOf([programs.client]);
    const clean = (lines: readonly string[]): readonly string[] =>
      lines
        .map((line) =>
          line.replaceAll(/\/tmp\/\S*\/log/g, "SOCKET").replace(/Fail2ban v[\d.]+$/, "Fail2ban VERSION"),
        )
        .sort();
    expect(clean(ours)).toEqual(clean(theirs));
    expect(ours).toContain("<149>fail2ban.actions[PID]: NOTICE [t1] Ban 192.0.2.1");
  });
});

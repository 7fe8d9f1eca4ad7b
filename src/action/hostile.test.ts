import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Ban } from "../model";
import { createShellRunner } from "../platform";
import { ActionList } from "./action-list";
import { createBan, createSpec, createWorld } from "./fakes.testing";

const PAYLOADS: readonly string[] = [
  "$(touch canary)",
  "`touch canary`",
  "'; touch canary; '",
  '"; touch canary; "',
  "'\"$(touch canary)\"'",
  "x; touch canary",
  "x\ntouch canary\n",
  "x\r\ntouch canary",
  "x & touch canary &",
  "x || touch canary",
  "| touch canary",
  "> canary",
  "~!",
  "!touch canary",
  "${IFS}touch${IFS}canary",
  "$0 $1 ${10} $@ $f2bV_F_user",
  "\\'; touch canary #",
  "\0; touch canary\0",
  "a\tb\x07\x1b[31m",
  ") ; touch canary ; (",
  "};touch canary;{",
  "<F-USER> <ip> <matches>",
  "-rf",
  "--help",
  "-e $(touch canary)",
  "# touch canary",
  "\u2028touch canary\u2028",
  "é ü 中文 \ud800",
  "",
];

/** One script with the tag bare, in double quotes, in single quotes, in a substitution, and in a here-document. */
const SCRIPT = `printf '%s' "<F-USER>" >user
printf '%s\\n' <F-USER> <matches> <ip-host> >/dev/null
: 'single <F-USER> <matches>' "\`: '<F-USER>'\`" "$(: <matches> '<matches>')" \\<F-USER> <F-USER>x
cat >here <<END
<matches>
END
printf '%s' "<matches>" >matches
printf '%s' "<ip-host>" >host
printf '%s' "<fid>" >id`;

describe("text from logs and name servers", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "warder-hostile-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(ban: Ban, host: string): Promise<readonly string[]> {
    const world = createWorld();
    const lookups = { ...world.lookups, hostNameOf: () => Promise.resolve(host) };
    const runner = createShellRunner({ cwd: folder });
    const list = new ActionList([createSpec("a", { actionban: SCRIPT })], { ...world, lookups, runner });
    const report = await list.ban(ban);
    expect([report.failures, world.lines.filter((line) => line.startsWith("ERROR"))]).toEqual([[], []]);
    return world.lines;
  }

  it.each(PAYLOADS.map((payload) => [payload]))("%j is data and nothing else", async (payload) => {
    const matches = [payload, ["before ", "date", ` after ${payload}`] as const];
    const data = { matches, failures: 1, groups: new Map([["user", payload]]) };
    const ban = createBan(payload, { ip: "192.0.2.1", data });
    await run(ban, payload);
    expect(existsSync(join(folder, "canary"))).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(["here", "host", "id", "matches", "user"]);
    const clean = payload.replaceAll("\0", "").replaceAll("\ud800", "\ufffd");
    const texts = ["user", "id", "host", "matches"].map((name) => readFileSync(join(folder, name), "utf8"));
    const joined = `${clean}\nbefore date after ${clean}`;
    expect(texts).toEqual([clean, clean, clean, joined]);
  });

  it("fifteen values arrive as fifteen, none of them confused with another", async () => {
    const names = Array.from({ length: 15 }, (_, i) => `v${i}`);
    const groups = new Map(names.map((name) => [name, `;${name}`]));
    const script = `printf '%s ' ${names.map((name) => `"<F-${name.toUpperCase()}>"`).join(" ")} >all`;
    const world = { ...createWorld(), runner: createShellRunner({ cwd: folder }) };
    const list = new ActionList([createSpec("a", { actionban: script })], world);
    await list.ban(createBan("192.0.2.1", { data: { matches: [], failures: 1, groups } }));
    expect(readFileSync(join(folder, "all"), "utf8")).toBe(`${names.map((name) => `;${name}`).join(" ")} `);
  });

  it("a megabyte is cut, not refused", async () => {
    const huge = "'$(touch canary)' ".repeat(60_000);
    const data = {
      matches: Array.from({ length: 20 }, () => huge),
      failures: 20,
      groups: new Map([["user", huge]]),
    };
    await run(createBan(huge, { data }), huge);
    expect(existsSync(join(folder, "canary"))).toBe(false);
    const user = readFileSync(join(folder, "user"), "utf8");
    expect(huge.startsWith(user.slice(0, 60_000))).toBe(true);
    expect(user.endsWith("…[cut]")).toBe(true);
  });

  it("a command whose variables are too large for this system runs with less of them", async () => {
    const world = createWorld();
    const shell = createShellRunner({ cwd: folder });
    const sizes: number[] = [];
    const runner: typeof shell = {
      run: (request) => {
        sizes.push([...(request.variables ?? [])].reduce((sum, [, value]) => sum + value.length, 0));
        // As if the stack limit of this machine were small: a string that long is always refused.
        const padding = new Map([...(request.variables ?? []), ["PADDING", "x".repeat(200_000)]]);
        return shell.run(sizes.length === 1 ? { ...request, variables: padding } : request);
      },
    };
    const list = new ActionList([createSpec("a", { actionban: SCRIPT })], { ...world, runner });
    const data = { matches: ["; ".repeat(50_000)], failures: 1, groups: new Map() };
    expect((await list.ban(createBan("192.0.2.1", { data }))).applied).toEqual(["a"]);
    expect(sizes).toHaveLength(2);
    expect(sizes[1]).toBeLessThan(2000);
  });

  it("what is too large for a program that the shell starts runs with less as well", async () => {
    const world = { ...createWorld(), runner: createShellRunner({ cwd: folder }) };
    // With a stack so small arguments and environment may have 150 KiB together.
    const script = 'ulimit -s 600; /bin/echo \'<F-USER>\' "<F-USER>" "<matches>" >told';
    const list = new ActionList([createSpec("a", { actionban: script })], world);
    const groups = new Map([["user", "$(touch canary)".repeat(10_000)]]);
    const data = { matches: ["'; touch canary;".repeat(10_000)], failures: 1, groups };
    expect((await list.ban(createBan("192.0.2.1", { data }))).applied).toEqual(["a"]);
    expect(readFileSync(join(folder, "told"), "utf8")).toMatch(/^\$f2bV_F_user \$\(touch canary\)/);
    expect(readdirSync(folder)).toEqual(["told"]);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runRegex } from ".";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "regex-run-"));
  mkdirSync(join(folder, "filter.d"));
  writeFileSync(
    join(folder, "filter.d/app.conf"),
    "[Definition]\nfailregex = ^ <mark> from <ADDR>$\n[Init]\nmark = bad\n",
  );
  writeFileSync(
    join(folder, "jail.conf"),
    "[app]\nfilter = app[mark=%(word)s]\nword = evil\nlogtimezone = UTC+0200\nignoreregex = friend\naction = nosuchaction\n",
  );
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function run(...args: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const io = {
    out: (text: string) => void (texts.out += text),
    err: (text: string) => void (texts.err += text),
    unicode: true,
  };
  const status = await runRegex(["-c", folder, ...args], io);
  return { status, ...texts };
}

const LINE = "2026-01-02 03:04:05 evil from 192.0.2.1";

describe("the tool", () => {
  it("tests a jail that is not enabled, with its own settings, whatever its actions are", async () => {
    const { status, out } = await run(LINE, "app");
    expect(status).toBe(0);
    expect(out).toContain("Use             jail : app\n");
    expect(out).toContain("Lines: 1 lines, 0 ignored, 1 matched, 0 missed");
    expect(out).toContain("Ignoreregex: 0 total\n");
  });

  it("lets options replace those of the jail", async () => {
    const { out } = await run("2026-01-02 03:04:05 odd from 192.0.2.1", "app[word=odd]");
    expect(out).toContain("Use jail/flt options : {'word': 'odd'}\n");
    expect(out).toContain("0 ignored, 1 matched");
  });

  it("uses the zone of the jail, and one given before it", async () => {
    expect((await run(LINE, "app", "-o", "<time>")).out).toBe("1767315845\n");
    expect((await run(LINE, "app", "-o", "<time>", "--TZ", "UTC")).out).toBe("1767323045\n");
  });

  it("tests a filter by its file name, with its own defaults", async () => {
    const { out } = await run("2026-01-02 03:04:05 bad from 192.0.2.1", "app.conf");
    expect(out).toContain(`Use      filter file : app, basedir: ${folder}\n`);
    expect(out).toContain("0 ignored, 1 matched");
  });

  it("reads a last line without a newline", async () => {
    writeFileSync(join(folder, "log"), `${LINE}\n${LINE}`);
    expect((await run(join(folder, "log"), "app")).out).toContain("Lines: 2 lines, 0 ignored, 2 matched");
  });

  it("prints the other lines with -i", async () => {
    const lines = `${LINE}\nother\n2026-01-02 03:04:05 evil from 192.0.2.2`;
    expect((await run(lines, "app", "-o", "msg", "-i")).out).toBe("other\n");
    expect((await run(lines, "app", "-o", "row", "-i")).out).toMatch(
      /^\['',\t\d+\.\d+,\t\{'fid': ''\}\],\n$/,
    );
    expect((await run(lines, "app", "-o", "id", "-i")).out).toBe("\n");
  });

  it("counts what is beyond the limit of a list", async () => {
    writeFileSync(join(folder, "log"), "other\n".repeat(500));
    const { out } = await run(join(folder, "log"), "app");
    expect(out).toContain(
      "Missed line(s): too many to print.  Use --print-all-missed to print all 500 lines\n",
    );
    expect(
      (await run(join(folder, "log"), "app", "--print-all-missed")).out.match(/^\| {2}other$/gm),
    ).toHaveLength(500);
  });

  it.each([
    [["log", "("], "ERROR: Unable to compile regular expression '(':\nmissing ), unterminated"],
    [["log", "nothing"], "ERROR: No failure-id group in 'nothing'"],
    [["log", "--TZ", "nowhere", "<ADDR>"], "ERROR: Unknown or unsupported time zone: 'nowhere'"],
    [["systemd-journal[nope=1]", "<ADDR>"], "ERROR: unknown option of systemd-journal: 'nope'"],
  ])("says what is wrong with %j", async (args, message) => {
    const { status, out } = await run(...args);
    expect(status).toBe(255);
    expect(out).toContain(message);
  });

  it("does not know every encoding", async () => {
    writeFileSync(join(folder, "log"), "x\n");
    const { status, out } = await run(join(folder, "log"), "app", "-e", "nosuch");
    expect(status).toBe(255);
    expect(out).toContain("ERROR: unknown encoding: nosuch\n");
  });

  it("shows how to use it when it is not told what to test", async () => {
    const { status, out, err } = await run("log");
    expect(status).toBe(255);
    expect(out).toMatch(/^Usage: fail2ban-regex /);
    expect(err).toContain("provide both <LOG> and <REGEX>");
  });
});

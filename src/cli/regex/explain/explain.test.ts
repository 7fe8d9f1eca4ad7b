import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileRegex } from "../../../filter";
import { explainRegex } from "..";
import type { LineReport } from "./explanation";
import { NearMissFinder } from "./near-miss";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "explain-"));
  mkdirSync(join(folder, "filter.d"));
  const failregex = "^bad <F-USER>\\S*</F-USER> from <ADDR>$\n  ^worse from <ADDR>(?#weight=2)$";
  writeFileSync(
    join(folder, "filter.d/app.conf"),
    `[Definition]\nprefregex = ^\\[<F-MLFID>\\d+</F-MLFID>\\] <F-CONTENT>.+</F-CONTENT>$\nfailregex = ${failregex}\n` +
      "ignoreregex = from 192\\.0\\.2\\.8$\n",
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function run(...args: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const io = {
    out: (text: string) => void (texts.out += text),
    err: (text: string) => void (texts.err += text),
    unicode: true,
  };
  const status = await explainRegex(["-c", folder, "--TZ", "UTC", ...args], io, { isTerminal: false });
  return { status, ...texts };
}

async function reportOf(line: string, filter: string): Promise<LineReport> {
  const { out } = await run(line, filter, "--json");
  return JSON.parse(out.split("\n")[0] ?? "") as LineReport;
}

function textsOf({ line, found }: LineReport): Readonly<Record<string, string>> {
  const places = found.flatMap((one) => one.places);
  return Object.fromEntries(places.map(({ name, start, end }) => [name, line.slice(start, end)]));
}

const LINE = "[2026-01-02 03:04:05] bad anna from 192.0.2.1";

describe("what is said of a line", () => {
  it("is which part each group took, though the date was cut out and a prefregex came first", async () => {
    const report = await reportOf(
      "[7 2026-01-02 03:04:05] x",
      String.raw`^\[<F-ID>\d</F-ID>\s*\] <F-X>x</F-X>$`,
    );
    expect(textsOf(report)).toEqual({ fid: "7", x: "x" });
    const inner = await reportOf("2026-01-02 03:04:05 [77] bad anna from 192.0.2.1", "app");
    expect(inner.result).toBe("missed");
    const good = await reportOf("2026-01-02 03:04:05[77] bad anna from 192.0.2.1", "app");
    expect(good).toMatchObject({
      result: "matched",
      found: [{ failregex: 1, id: "192.0.2.1", time: 1767323045 }],
    });
    expect(textsOf(good)).toEqual({ mlfid: "77", user: "anna", ip4: "192.0.2.1" });
  });

  it("is where the regex that came closest stopped, and what it wanted there", async () => {
    const report = await reportOf(LINE, "^\\[\\] bad <F-USER>\\S*</F-USER> from <ADDR> port \\d+$");
    expect(report).toMatchObject({ result: "missed", nearest: { failregex: 1, stop: LINE.length } });
    expect(report.nearest?.wanted).toBe(" port \\d+$");
    const end = await reportOf(`${LINE} x`, "^\\[\\] bad \\S* from <ADDR>$");
    expect(end.nearest).toMatchObject({ stop: LINE.length, wanted: "$" });
    const inner = await reportOf("2026-01-02 03:04:05[77] worse for 192.0.2.1", "app");
    expect(inner.nearest).toMatchObject({
      regex: "failregex",
      failregex: 2,
      wanted: "rom <ADDR>(?#weight=2)$",
    });
    expect(inner.line.slice(inner.nearest?.stop)).toBe("or 192.0.2.1");
    const outer = await reportOf("2026-01-02 03:04:05[x] worse from 192.0.2.1", "app");
    expect(outer.nearest).toMatchObject({ regex: "prefregex", stop: 20 });
  });

  it("is which demand on a field fails", async () => {
    const regex = "(?json) status=401 ip=<ADDR> user=<F-USER>";
    expect((await reportOf('{"status":401,"ip":"x"}', regex)).nearest).toEqual({
      regex: "failregex",
      failregex: 1,
      progress: 1 / 3,
      wanted: "ip=<ADDR> user=<F-USER>",
    });
    expect(
      (await reportOf('{"status":401,"ip":"","ip":"192.0.2.1","user":1}', regex)).nearest?.wanted,
    ).toContain("twice");
  });

  it("is the same in words", async () => {
    const lines = [
      "2026-01-02 03:04:05[77] worse from 192.0.2.1",
      "2026-01-02 03:04:05[77] worse from 192.0.2.8",
      "2026-01-02 03:04:05[77] worse for you",
    ];
    const { status, out } = await run(lines.join("\n"), "app");
    expect(status).toBe(0);
    expect(out).toContain(`+ ${lines[0]}\n`);
    expect(out).toContain(
      "192.0.2.1  2026-01-02T03:04:05Z  failregex 2  weight 2  mlfid=77@21-22  ip4=192.0.2.1@36-44\n",
    );
    expect(out).toContain(`~ ${lines[1]}\n`);
    expect(out).toContain(
      'nearest: failregex 2 matches up to column 31; at "or you" it wants rom <ADDR>(?#weight=2)$\n',
    );
    expect(out).toContain("3 lines: 1 matched, 1 ignored, 1 missed\n  2) [1] ^worse");
  });

  it("has colours only where they are wanted, and nothing of the log controls the terminal", async () => {
    const line = "2026-01-02 03:04:05[77] bad \u001b[31m\u009b2J from 192.0.2.1";
    const plain = (await run(line, "app")).out;
    expect(plain).toContain("bad \\u001b[31m\\u009b2J from");
    expect(plain).not.toContain("\u001b");
    const coloured = (await run(line, "app", "--color")).out;
    expect(coloured).toContain("\u001b[1;31m192.0.2.1\u001b[0m");
    expect(coloured).not.toContain("\u009b");
    expect(coloured.match(/\u001b\[(?!\d(?:;\d+)?m|\d\dm)/)).toBeNull();
  });

  it("is that of fail2ban-regex with an output format, and for wrong options", async () => {
    expect((await run(LINE, "^\\[\\] bad \\S* from <ADDR>$", "-o", "id")).out).toBe("192.0.2.1\n");
    expect((await run("--nosuch")).status).toBe(2);
    const { status, err } = await run("log", "(");
    expect([status, err]).toEqual([255, expect.stringContaining("Unable to compile")]);
  });
});

describe("a near miss", () => {
  it("is the longest begin of the regex that matches", () => {
    const parts = fc.array(fc.constantFrom("a", "b", "\\d+", "(?:a|b)?", "a{2}", "[bc]*?", "(?P<x>c)"), {
      minLength: 2,
      maxLength: 7,
    });
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "1"), maxLength: 9 });
    fc.assert(
      fc.property(fc.uniqueArray(parts, { maxLength: 1, minLength: 1 }), text, ([list = []], line) => {
        const [unique, rest] = [
          list.filter((part, i) => part !== "(?P<x>c)" || list.indexOf(part) === i),
          "<ADDR>",
        ];
        const source = `^${unique.join("")}${rest}$`;
        const regex = compileRegex({ text: source }, { names: false, multiline: false });
        const miss = new NearMissFinder(regex, false).find({ text: line, whole: line });
        if (miss) {
          const begin = source.slice(0, source.length - miss.wanted.length);
          const matcher = compileRegex({ text: begin }, { names: false, multiline: false }).matcher;
          expect(matcher.exec(line)?.end).toBe(miss.stop);
          expect(source.endsWith(miss.wanted)).toBe(true);
        }
      }),
    );
  });
});

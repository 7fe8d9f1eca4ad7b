import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FilterCheckReply } from "../../daemon";
import type { FilterSpec } from "../../model";
import { checkFilters } from "./filter-check";
import { doWithinWork } from "./time-limit";

const TRICKED = "^failure of user .*? from <HOST>";
const STALLED = "^(?:\\w+\\s?)*!<HOST>$";
const GOOD = "^failure from <HOST>$";

function filterOf(failregex: readonly string[], options: Partial<FilterSpec> = {}): FilterSpec {
  const sourced = failregex.map((text) => ({ text }));
  return { failregex: sourced, ignoreregex: [], maxlines: 1, usedns: "warn", ...options };
}

function check(filters: readonly FilterSpec[], directory?: string, limitMs = 60_000): FilterCheckReply {
  const named = filters.map((filter) => ({ jail: "j", filter }));
  const request = { filters: named, ...(directory === undefined ? {} : { directory }) };
  return checkFilters(request, { limitMs, pause: () => {} });
}

describe("checkFilters", () => {
  it("gives the numbers of filters and regexes, and what can be done to them", () => {
    const prefregex = { text: "^a <F-CONTENT>.+</F-CONTENT>$" };
    const reply = check([
      filterOf([GOOD, TRICKED]),
      filterOf([GOOD], { prefregex }),
      filterOf([STALLED]),
      // The same once more: each filter gets an answer of its own.
      filterOf([TRICKED], { usedns: "yes" }),
      filterOf(["(", TRICKED]),
    ]);
    expect(reply).toEqual({
      weaknesses: [
        { filter: 0, regex: 1, harm: "trick" },
        { filter: 2, regex: 0, harm: "stall" },
        { filter: 3, regex: 0, harm: "trick" },
      ],
      skipped: [],
    });
  });

  it("gives -1 for a prefregex", () => {
    const prefregex = { text: "^p .*? from <HOST>: <F-CONTENT>.+</F-CONTENT>" };
    const { weaknesses } = check([filterOf(["bad$"], { prefregex })]);
    expect(weaknesses).toEqual([{ filter: 0, regex: -1, harm: "trick" }]);
  });

  it("says which filters it had no time for", () => {
    expect(check([filterOf([TRICKED])], undefined, -1)).toEqual({ weaknesses: [], skipped: [0] });
  });
});

describe("the place of a regex that came without", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "filter-check-"));
    mkdirSync(join(root, "filter.d"));
    writeFileSync(join(root, "fail2ban.conf"), "[Definition]\n");
    writeFileSync(
      join(root, "filter.d/f.conf"),
      `[Definition]\nfailregex = ${GOOD}\n            ${TRICKED}\n`,
    );
    writeFileSync(join(root, "jail.conf"), `[j]\nenabled = true\nfilter = f\nlogpath = ${root}/x.log\n`);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("is that of the same text in the same jail of the tree", () => {
    const origin = { file: join(root, "filter.d/f.conf"), line: 3 };
    expect(check([filterOf([TRICKED])], root).weaknesses).toEqual([
      { filter: 0, regex: 0, harm: "trick", origin },
    ]);
  });

  it("is unknown when the tree has another text by now, or the regex brought its own", () => {
    const origin = { file: "own.conf", line: 9 };
    const other: FilterSpec = { ...filterOf([]), failregex: [{ text: TRICKED, origin }] };
    const { weaknesses } = check([filterOf([`${TRICKED} `]), filterOf([`${TRICKED}.`]), other], root);
    expect(weaknesses.map((weakness) => weakness.origin)).toEqual([undefined, undefined, origin]);
  });
});

describe("doWithinWork", () => {
  it("does not count the time in which the processor worked for others", () => {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const wait = (): never => {
      for (;;) {
        Atomics.wait(cell, 0, 0, 5);
      }
    };
    expect(doWithinWork(10, wait)).toBe("starved");
  });

  it("stops work that takes longer", () => {
    const work = (): never => {
      for (;;) {
        Math.random();
      }
    };
    expect(doWithinWork(50, work)).toBe("over");
    expect(doWithinWork(50, () => 7)).toEqual({ value: 7 });
  });
});

import { beforeEach, describe, expect, test } from "vitest";
import type { FilterSpec, JailSpec } from "../model";
import { FakeClock } from "../platform/fake-clock.testing";
import { FilterCheck } from "./filter-check";
import { parseFilterCheckReply, type FilterCheckReply, type FilterCheckRequest } from "./filter-check-wire";
import type { FilterChecker } from "./filter-checker";
import { newJailSpec } from "./jail-changes";

const NOTHING: FilterCheckReply = { weaknesses: [], skipped: [] };

/** A checker that answers as a test says. */
class FakeChecker implements FilterChecker {
  readonly requests: FilterCheckRequest[] = [];
  answer: FilterCheckReply | string | Promise<FilterCheckReply> = NOTHING;
  ended = 0;

  async check(request: FilterCheckRequest): Promise<FilterCheckReply | string> {
    this.requests.push(request);
    return this.answer;
  }

  end(): void {
    this.ended++;
  }
}

let checker: FakeChecker;
let clock: FakeClock;
let jails: JailSpec[];
let lines: string[];
let check: FilterCheck;

beforeEach(() => {
  checker = new FakeChecker();
  clock = new FakeClock();
  jails = [];
  lines = [];
  check = new FilterCheck({
    checker,
    clock,
    log: (level, _, message) => void lines.push(`${level} ${message}`),
    jails: () => jails,
    directory: "/etc/x",
  });
});

function jail(name: string, ...texts: string[]): JailSpec {
  const failregex = texts.map((text, i) => ({ text, origin: { file: "f.conf", line: i + 2 } }));
  return { ...newJailSpec(name, "auto"), filter: { ...newJailSpec(name, "auto").filter, failregex } };
}

async function load(...loaded: JailSpec[]): Promise<void> {
  jails = loaded;
  check.arm();
  clock.advance(15);
  await new Promise(setImmediate);
}

describe("FilterCheck", () => {
  test("names jail, regex and place of what a line can do harm by, in one line for each kind of harm", async () => {
    checker.answer = {
      weaknesses: [
        { filter: 0, regex: 0, harm: "trick" },
        { filter: 0, regex: 1, harm: "trick" },
        { filter: 1, regex: 0, harm: "stall" },
      ],
      skipped: [],
    };
    await load(jail("a", "^x <HOST>", "^y <HOST>"), jail("b", "z\n'<HOST>"), jail("good", "^g <HOST>$"));
    expect(lines).toEqual([
      `WARNING [a] A hostile line can have others banned by failregex '^x <HOST>' at f.conf:2 and 1 more of this filter; "warder check" shows the line`,
      `WARNING [b] A hostile line can stall failregex "z\\n'<HOST>" at f.conf:2; "warder check" shows the line`,
    ]);
    expect(checker.requests).toEqual([
      { filters: jails.map(({ name, filter }) => ({ jail: name, filter })), directory: "/etc/x" },
    ]);
  });

  test("does nothing before its time, and once for many changes", async () => {
    jails = [jail("a", "^x <HOST>")];
    check.arm();
    check.arm();
    clock.advance(14);
    expect(checker.requests).toEqual([]);
    check.arm();
    clock.advance(100);
    await new Promise(setImmediate);
    expect(checker.requests).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });

  test("tries only filters that are new, and warns once for each jail and filter", async () => {
    checker.answer = { weaknesses: [{ filter: 0, regex: 0, harm: "trick" }], skipped: [] };
    const weak = jail("a", "^x <HOST>");
    await load(weak);
    await load(weak);
    expect([checker.requests.length, lines.length]).toEqual([1, 1]);
    checker.answer = NOTHING;
    await load(weak, jail("b", "^b <HOST>$"), { ...weak, name: "c" });
    expect(checker.requests[1]?.filters.map(({ jail: name }) => name)).toEqual(["b"]);
    expect(lines.slice(1)).toEqual([expect.stringContaining("[c] A hostile line")]);
    await load(jail("b", "^b <HOST>$"));
    await load(weak, jail("b", "^b <HOST>$"));
    expect(checker.requests).toHaveLength(3);
  });

  test("takes the place from the answer when the regex came without", async () => {
    const origin = { file: "g.conf", line: 7 };
    checker.answer = { weaknesses: [{ filter: 0, regex: -1, harm: "trick", origin }], skipped: [] };
    const bare = newJailSpec("a", "auto");
    const filter: FilterSpec = { ...bare.filter, prefregex: { text: "p <HOST>" } };
    await load({ ...bare, filter });
    expect(lines).toEqual([expect.stringContaining("by prefregex 'p <HOST>' at g.conf:7;")]);
  });

  test("says when filters could not be tried, and does not try them again", async () => {
    checker.answer = "SIGKILL";
    await load(jail("a", "^x <HOST>"));
    checker.answer = { weaknesses: [], skipped: [0] };
    await load(jail("a", "^x <HOST>"), jail("b", "^y <HOST>"));
    expect(checker.requests).toHaveLength(2);
    expect(lines).toEqual([
      `INFO Filters could not be tried with hostile lines (SIGKILL); "warder check" does so, too`,
      `INFO No time to try all of these filters with hostile lines: b; "warder check" does so, too`,
    ]);
  });

  test("waits for the check under way, and looks at what has changed meanwhile", async () => {
    let done: (reply: FilterCheckReply) => void = () => {};
    checker.answer = new Promise((resolve) => {
      done = resolve;
    });
    await load(jail("a", "^x <HOST>"));
    await load(jail("a", "^new <HOST>"));
    expect(checker.requests).toHaveLength(1);
    checker.answer = NOTHING;
    done({ weaknesses: [{ filter: 0, regex: 0, harm: "trick" }], skipped: [] });
    await new Promise(setImmediate);
    clock.advance(15);
    await new Promise(setImmediate);
    expect(checker.requests[1]?.filters[0]?.filter.failregex[0]?.text).toBe("^new <HOST>");
    expect(lines).toEqual([]);
  });

  test("ends what is under way at a stop, and says nothing of it", async () => {
    let done: (reply: string) => void = () => {};
    checker.answer = new Promise<never>((_, reject) => {
      done = reject;
    }).catch((why: unknown) => why as never);
    await load(jail("a", "^x <HOST>"));
    check.stop();
    done("SIGKILL");
    await new Promise(setImmediate);
    check.arm();
    clock.advance(100);
    expect([checker.ended, checker.requests.length, lines, clock.timers]).toEqual([1, 1, [], 0]);
  });
});

test.each([
  "",
  "null",
  "[]",
  "{}",
  `{"weaknesses":[{"filter":0,"regex":0,"harm":"x"}],"skipped":[]}`,
  `{"weaknesses":[{"filter":"0","regex":0,"harm":"trick"}],"skipped":[]}`,
  `{"weaknesses":[{"filter":0,"regex":0,"harm":"trick","origin":{"file":1,"line":1}}],"skipped":[]}`,
  `{"weaknesses":[],"skipped":["a"]}`,
])("%s is no answer of a check", (text) => {
  expect(parseFilterCheckReply(text)).toBeUndefined();
});

test("an answer is read", () => {
  const origin = { file: "f", line: 1 };
  const reply = { weaknesses: [{ filter: 0, regex: -1, harm: "stall", origin }], skipped: [1] };
  expect(parseFilterCheckReply(JSON.stringify(reply))).toEqual(reply);
});

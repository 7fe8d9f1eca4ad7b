import { describe, expect, it } from "vitest";
import { formatMatch } from "../model";
import { Sessions } from "./sessions";
import { feedAt, makeFilter, NOON } from "./filter.testing";

const [A, B] = ["192.0.2.1", "192.0.2.2"];

/** What becomes of lines of one session: `-`, or the id and the lines of its failure. */
function play(...lines: readonly string[]): readonly string[] {
  return replay(lines.map((line) => `1 ${line}`)).map((text) => text.replaceAll("1 ", ""));
}

function replay(lines: readonly string[]): readonly string[] {
  const filter = makeFilter({
    prefregex: "^<F-MLFID>\\d+</F-MLFID> <F-CONTENT>.+</F-CONTENT>$",
    failregex: [
      "^fail(?: <F-USER>\\S+</F-USER>)?$",
      "^<F-NOFAIL>connect</F-NOFAIL> <ADDR>$",
      "^<F-MLFGAINED>ok</F-MLFGAINED> <F-USER>\\S+</F-USER>$",
      "^<F-NOFAIL><F-MLFFORGET>bye</F-MLFFORGET></F-NOFAIL>$",
      "^<F-MLFFORGET>reset</F-MLFFORGET> <ADDR>$",
    ],
  });
  return lines.map((line) => {
    const [hit] = filter.feedLine(line, feedAt());
    return hit?.kind === "failure" ? `${hit.identity?.id}[${hit.matches.map(formatMatch).join(", ")}]` : "-";
  });
}

const connectA = `connect ${A}`;
const connectB = `connect ${B}`;

describe("the lines of a session", () => {
  it("give a failure with the address of an earlier line", () => {
    expect(play(connectA, "fail u", "fail u")).toEqual(["-", `${A}[${connectA}, fail u]`, `${A}[fail u]`]);
  });

  it("count a success of another user as a failure", () => {
    expect(
      replay([`1 ${connectA}`, "1 fail u", "1 fail u", "1 fail v", "1 ok v"]).map((text) => text !== "-"),
    ).toEqual([false, true, true, true, true]);
  });

  it("wait for a later address", () => {
    expect(replay(["2 fail u", `2 ${connectB}`])).toEqual(["-", `${B}[2 fail u, 2 ${connectB}]`]);
  });

  it("go on after a success and are forgotten at the end", () => {
    expect(play(connectA, "fail u", "ok u", "fail u", "bye", "fail u")).toEqual([
      "-",
      `${A}[${connectA}, fail u]`,
      "-",
      `${A}[ok u, fail u]`,
      "-",
      "-",
    ]);
  });

  it("lose a waiting failure to a success", () => {
    expect(play("fail u", "ok u", connectA, "fail u")).toEqual([
      "-",
      "-",
      "-",
      `${A}[ok u, ${connectA}, fail u]`,
    ]);
  });

  it("keep several waiting failures for the line that has the address", () => {
    expect(play("fail u", "fail u", `reset ${A}`, "fail u")).toEqual([
      "-",
      "-",
      `${A}[fail u, fail u, reset ${A}]`,
      "-",
    ]);
  });

  it("lose a waiting failure when they end without an address", () => {
    expect(play("fail u", "bye", connectA)).toEqual(["-", "-", "-"]);
  });

  it("keep waiting when several users were tried", () => {
    expect(play("fail u", "fail v", "ok v", connectA)).toEqual(["-", "-", "-", `${A}[ok v, ${connectA}]`]);
  });

  it("take the last address", () => {
    expect(play(connectA, connectB, "fail")).toEqual(["-", "-", `${B}[${connectA}, ${connectB}, fail]`]);
  });

  it("take the last address, of whatever family it is", () => {
    const connect6 = "connect 2001:db8::6";
    expect(play(connectA, connect6, "fail u", connectB, "fail u")).toEqual([
      "-",
      "-",
      `2001:db8::6[${connectA}, ${connect6}, fail u]`,
      "-",
      `${B}[${connectB}, fail u]`,
    ]);
  });

  it("may be a single line", () => {
    expect(play(`reset ${A}`)).toEqual([`${A}[reset ${A}]`]);
  });

  it("do not mix with those of another session", () => {
    expect(replay([`1 ${connectA}`, "2 fail u", "1 fail u"])).toEqual([
      "-",
      "-",
      `${A}[1 ${connectA}, 1 fail u]`,
    ]);
  });
});

describe("what is remembered", () => {
  const found = (id: string, user: string): Map<string, string> =>
    new Map([
      ["mlfid", id],
      ["user", user],
    ]);

  it("ends five minutes after the first line", () => {
    const sessions = new Sessions();
    sessions.join(found("1", "u"), ["a"], NOON);
    expect(
      sessions
        .join(found("1", "v"), ["b"], NOON + 300)
        .groups()
        .get("users"),
    ).toEqual(new Set(["u", "v"]));
    expect(
      sessions
        .join(found("1", "w"), ["c"], NOON + 301)
        .groups()
        .get("users"),
    ).toEqual(new Set(["w"]));
  });

  it("is no more than a hundred sessions, lines and users", () => {
    const sessions = new Sessions();
    sessions.join(
      new Map([
        ["mlfid", "first"],
        ["ip4", A],
      ]),
      ["a"],
      NOON,
    );
    for (let i = 0; i < 100; i++) {
      sessions.join(found(`flood ${i}`, "u"), ["a"], NOON);
    }
    expect(sessions.join(found("first", "u"), ["a"], NOON).groups().has("ip4")).toBe(false);
    const long = new Sessions();
    for (let i = 0; i < 1000; i++) {
      const outcome = long.join(found("1", `user ${i}`), [`line ${i}`], NOON);
      outcome.postpone();
    }
    const last = long.join(found("1", "u"), ["last"], NOON);
    expect(last.matches).toHaveLength(100);
    expect(last.matches.at(-1)).toBe("last");
    expect(last.groups().get("users")).toHaveProperty("size", 100);
  });

  it("is not changed through what was given out", () => {
    const sessions = new Sessions();
    const first = sessions.join(found("1", "u"), ["a"], NOON).groups();
    sessions.join(found("1", "v"), ["b"], NOON);
    expect(first.get("user")).toBe("u");
    expect(first.get("users")).toEqual(new Set(["u"]));
  });
});

import { describe, expect, it } from "vitest";
import type { ActionValue } from "../model";
import { readKnockPolicy } from "./native-knocking";
import { formatNftLog, formatXtablesLog, readPacketLog } from "./native-log-option";

const properties = (values: Readonly<Record<string, ActionValue>>) => new Map(Object.entries(values));

describe("the options about knocking", () => {
  it("read times, and say nothing where nobody looks", () => {
    expect(readKnockPolicy(properties({}))).toBeUndefined();
    expect(readKnockPolicy(properties({ knocking: "no", free_silent: "no" }))).toBeUndefined();
    expect(readKnockPolicy(properties({ knocking: "Prolong" }))).toEqual({ prolong: true, time: 600 });
    expect(readKnockPolicy(properties({ knock_time: "1m", free_silent: "2h" }))).toEqual({
      prolong: false,
      time: 60,
      freeSilent: 7200,
    });
  });

  it("refuse what they do not know", () => {
    for (const wrong of [
      { knocking: "yes" },
      { knocking: "prolong", knock_time: "0" },
      { knocking: "prolong", knock_time: "soon" },
      { free_silent: "-1" },
      { free_silent: "1" },
    ]) {
      expect(readKnockPolicy(properties(wrong))).toContain("cannot be");
    }
  });
});

describe("the option log", () => {
  it("becomes a rule of nft and of iptables", () => {
    const log = readPacketLog(
      properties({ log: 'nflog group 5 prefix "bad one: " limit 3/minute burst 9' }),
      "web",
    );
    expect(typeof log === "object" && formatNftLog(log)).toBe(
      'limit rate 3/minute burst 9 packets log prefix "bad one: " group 5',
    );
    expect(typeof log === "object" && formatXtablesLog(log)).toBe(
      '-m limit --limit 3/min --limit-burst 9 -j NFLOG --nflog-prefix "bad one: " --nflog-group 5',
    );
  });

  it("has a rate and the name of the jail where nothing is said", () => {
    expect(readPacketLog(properties({}), "web")).toBeUndefined();
    expect(readPacketLog(properties({ log: "nflog" }), 'we"b; drop')).toEqual({
      group: 0,
      prefix: "warder we-b-drop ",
      rate: "10/second",
      burst: 5,
    });
    expect(
      readPacketLog(properties({ log: "nflog prefix x limit rate 1/day burst 2 packets" }), "web"),
    ).toEqual({
      group: 0,
      prefix: "x",
      rate: "1/day",
      burst: 2,
    });
  });

  it("refuses what could be something else in a script", () => {
    for (const log of [
      "yes",
      "nflog group 65536",
      "nflog group -1",
      "nflog limit 0/second",
      "nflog limit 1/second burst 0",
      'nflog prefix "a\\" drop"',
      "nflog prefix a'b",
      `nflog prefix ${"x".repeat(64)}`,
      'nflog prefix ""',
      "nflog group 1; flush ruleset",
      "nflog group 1\nflush ruleset",
    ]) {
      expect(readPacketLog(properties({ log }), "web")).toContain("log cannot be");
    }
  });
});

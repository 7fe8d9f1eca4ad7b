import { describe, expect, it } from "vitest";
import { LineList, RegexStatistic } from "./statistics";

describe("a list of lines", () => {
  it("counts all and keeps no more than asked for", () => {
    const list = new LineList(3);
    for (let i = 0; i < 1000; i++) {
      list.add(`line ${i}`);
    }
    expect(list.count).toBe(1000);
    expect(list.lines).toEqual(["line 0", "line 1", "line 2"]);
  });

  it("takes lines back, kept or not", () => {
    const list = new LineList(2);
    ["a", "b", "c"].forEach((line) => list.add(line));
    list.remove("a");
    list.remove("c");
    expect(list.count).toBe(1);
    expect(list.lines).toEqual(["b"]);
  });
});

describe("the statistic of a regex", () => {
  it("counts all and makes no details that are not kept", () => {
    const statistic = new RegexStatistic("a", "a", 1);
    let made = 0;
    for (let i = 0; i < 5; i++) {
      statistic.count(() => `detail ${made++}`);
    }
    expect(statistic.total).toBe(5);
    expect(statistic.details).toEqual(["detail 0"]);
    expect(made).toBe(1);
  });
});

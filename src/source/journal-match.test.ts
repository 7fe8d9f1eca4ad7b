import { describe, expect, it } from "vitest";
import { compileMatches, fieldsOfMatches, joinMatches } from "./journal-match";

describe("journal matches", () => {
  it("want all fields of a group, any value of a field, any group", () => {
    const isWanted = compileMatches([
      ["_COMM=sshd", "_COMM=sshd-session", "_UID=0"],
      ["_SYSTEMD_UNIT=ssh.service"],
    ]);
    const wanted = [
      { _COMM: "sshd", _UID: "0" },
      { _COMM: "sshd-session", _UID: "0" },
      { _COMM: "x", _SYSTEMD_UNIT: "ssh.service" },
      { _SYSTEMD_UNIT: ["a", "ssh.service"] },
    ];
    const others = [{ _COMM: "sshd" }, { _COMM: "sshd", _UID: "00" }, { _UID: "0" }, { _COMM: null }, {}];
    expect(wanted.map(isWanted)).toEqual([true, true, true, true]);
    expect(others.map(isWanted)).toEqual([false, false, false, false, false]);
  });

  it("compare bytes", () => {
    const isWanted = compileMatches([["MESSAGE=ä=b"]]);
    expect(isWanted({ MESSAGE: "ä=b" })).toBe(true);
    expect(isWanted({ MESSAGE: [195, 164, 61, 98] })).toBe(true);
    expect(isWanted({ MESSAGE: [228, 61, 98] })).toBe(false);
    expect(isWanted({ MESSAGE: "ä" })).toBe(false);
  });

  it("want everything when there are none", () => {
    expect(compileMatches([])({})).toBe(true);
    expect(compileMatches([[]])({})).toBe(true);
    expect(compileMatches([[], ["A=1"]])({})).toBe(false);
  });

  it("are joined without doubles", () => {
    expect(joinMatches([[["A=1", "B=2"]], [["B=2", "A=1"], ["C=3"], []]])).toEqual([["A=1", "B=2"], ["C=3"]]);
    expect(joinMatches([[["A=1"]], []])).toEqual([]);
    expect(fieldsOfMatches([["A=1", "B==2"], ["C=3"]])).toEqual(["A", "B", "C"]);
  });
});

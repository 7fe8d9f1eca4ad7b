import { describe, expect, it } from "vitest";
import { formatSources } from "./sources";

const good = {
  path: "/var/log/auth.log",
  state: "following",
  lines: 120,
  matched: 3,
  "bytes-behind": 0,
  "seconds-behind": 0,
  "last-line": 990,
  "dates-sampled": 50,
  "dates-missing": 0,
  "clock-offset": -1,
};

describe("formatSources", () => {
  it("is short when all is well", () => {
    expect(formatSources("sshd", [good], 1000)).toBe(
      "[sshd]\n  /var/log/auth.log: following, 120 lines, the last 10s ago, 3 matched\n",
    );
    expect(formatSources("sshd", [], 1000)).toBe("[sshd]\n  reads nothing\n");
  });

  it("says all that is wrong, and lets no name steer the terminal", () => {
    const bad = {
      ...good,
      path: "/tmp/\u001b[2J.log",
      state: "silent",
      "bytes-behind": 5000,
      "seconds-behind": 90,
      "dates-missing": 40,
      "clock-offset": -7200,
      "filter-seconds": 3,
    };
    expect(formatSources("web", [bad], 1000)).toBe(
      [
        "[web]",
        "  /tmp/?[2J.log: silent, 120 lines, the last 10s ago, 3 matched, 5000 bytes to be read",
        "    used to speak, and has said nothing for longer than ever",
        "    is read 1m 30s late",
        "    its filter is expensive: 25000 µs for each line, 3s in all",
        "    40 of 50 lines looked at have no date that can be read",
        "    its dates are 2h behind the clock",
        "",
      ].join("\n"),
    );
  });
});

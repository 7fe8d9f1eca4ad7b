import { describe, expect, it } from "vitest";
import type { BanFacts, Notice, NoticeBatch } from "./notice";
import { composeText } from "./notice-text";

const MANNER = { host: "host.example", matches: { lines: 3, width: 80 }, rows: 3 };
const AT = 1795221613;

function facts(ip: string, changes: Partial<BanFacts> = {}): BanFacts {
  const base = {
    ip,
    fid: ip,
    family: "inet4",
    time: AT,
    bantime: 600,
    bancount: 1,
    failures: 5,
    restored: false,
  };
  return { ...base, matches: ["a line", "another"], tags: {}, ...changes };
}

const ban = (ip: string, jail = "sshd", changes: Partial<BanFacts> = {}): Notice => ({
  event: "ban",
  jail,
  at: AT,
  facts: facts(ip, changes),
});

const batch = (notices: readonly Notice[], changes: Partial<NoticeBatch> = {}): NoticeBatch => ({
  notices,
  omitted: 0,
  isReduced: false,
  id: "1",
  ...changes,
});

describe("texts of notices", () => {
  it("tells of one ban", () => {
    const { title, lines } = composeText(batch([ban("192.0.2.1")]), MANNER);
    expect(title).toBe("sshd: banned 192.0.2.1 from host.example");
    expect(lines[0]).toBe("The jail sshd on host.example has banned 192.0.2.1 for 10m, after 5 failures.");
    expect(lines.slice(-3)).toEqual(["Lines of the log:", "a line", "another"]);
  });

  it("tells how often, and for ever", () => {
    const [first, second] = composeText(
      batch([ban("192.0.2.1", "sshd", { bantime: -1, bancount: 4, failures: 1 })]),
      MANNER,
    ).lines;
    expect(first).toContain("192.0.2.1 for ever, after 1 failure.");
    expect(second).toBe("It is ban number 4 of this offender.");
  });

  it("leaves log lines out when the full text was refused", () => {
    expect(
      composeText(batch([ban("192.0.2.1")], { isReduced: true }), MANNER).lines.join("\n"),
    ).not.toContain("a line");
  });

  it("tells of starts and stops, one or many", () => {
    const start = (jail: string): Notice => ({ event: "start", jail, at: AT });
    expect(composeText(batch([start("sshd")]), MANNER).title).toBe("sshd: started on host.example");
    expect(composeText(batch([start("sshd"), start("web")]), MANNER).title).toBe(
      "2 jails started on host.example (sshd, web)",
    );
  });

  it("makes a digest of a flood: each offender once, rows bounded, the rest counted", () => {
    const flood = [ban("192.0.2.1"), ban("192.0.2.1", "recidive"), ban("192.0.2.2"), ban("192.0.2.3")];
    const { title, lines } = composeText(batch(flood, { omitted: 90 }), MANNER);
    expect(title).toBe("3 offenders banned, 90 more on host.example (sshd, recidive)");
    expect(lines.filter((line) => line.includes("banned"))).toHaveLength(3);
    expect(lines).toContain("  (1 more)");
    expect(lines.at(-1)).toBe("90 further notices came in too fast to be listed.");
  });

  it("tells even when everything was only counted", () => {
    expect(composeText(batch([], { omitted: 7 }), MANNER).title).toBe("7 more on host.example");
  });

  it("shows what a stranger wrote in one line each, wherever it stands", () => {
    const evil = "x\r\nBcc: a@example.org\u001b[2J\u202e";
    const all = [
      composeText(batch([ban(evil, evil, { matches: [evil] })]), MANNER),
      composeText(batch([ban(evil, evil), ban("192.0.2.1")]), MANNER),
    ];
    for (const { title, lines } of all) {
      for (const text of [title, ...lines]) {
        expect(text).not.toMatch(/[\p{C}]/u);
      }
      expect(title).toContain("x\\x0d\\x0aBcc: a@example.org");
    }
  });
});

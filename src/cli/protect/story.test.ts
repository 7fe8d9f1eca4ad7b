import { describe, expect, it } from "vitest";
import type { Ban, DomainEvent, Failure } from "../../model";
import { Story } from "./story";

const NOW = 1_763_680_000;

function makeStory(): { readonly story: Story; readonly lines: string[] } {
  const lines: string[] = [];
  return {
    story: new Story(
      (line) => lines.push(line),
      () => 3,
    ),
    lines,
  };
}

function found(id: string, user?: string): DomainEvent {
  const groups = new Map(user === undefined ? [] : [["user", user]]);
  const failure: Failure = { time: NOW, id, groups, matches: [], count: 1 };
  return { type: "found", jail: "sshd", id, failure };
}

function ban(id: string, bantime = 600): Ban {
  return {
    jail: "sshd",
    offender: { id },
    time: NOW,
    bantime,
    bancount: 1,
    restored: false,
    data: { matches: [], failures: 3, groups: new Map() },
  };
}

describe("Story", () => {
  it("counts the failures of each offender up to the ban", () => {
    const { story, lines } = makeStory();
    story.tell(found("192.0.2.1", "root"), NOW);
    story.tell(found("192.0.2.2"), NOW);
    story.tell(found("192.0.2.1", "root"), NOW);
    expect(lines.map((line) => line.slice(10))).toEqual([
      "sshd: failure 1 of 3 from 192.0.2.1 (user root)",
      "sshd: failure 1 of 3 from 192.0.2.2",
      "sshd: failure 2 of 3 from 192.0.2.1 (user root)",
    ]);
  });

  it("says until when a ban lasts, and sums up", () => {
    const { story, lines } = makeStory();
    story.tell(found("192.0.2.1"), NOW);
    story.tell({ type: "ban", ban: ban("192.0.2.1") }, NOW);
    story.tell({ type: "ban", ban: ban("192.0.2.2", -1) }, NOW);
    story.tell({ type: "unban", ban: ban("192.0.2.1"), why: "expiry" }, NOW + 600);
    expect(lines[1]).toMatch(/BANNED 192\.0\.2\.1 for 10 minutes, until \d{4}-/);
    expect(lines[2]).toMatch(/BANNED 192\.0\.2\.2 for ever$/);
    expect(lines[3]).toContain("UNBANNED 192.0.2.1");
    expect(story.summary).toBe("1 failure from 1 address, 2 bans, 1 unban.");
  });

  it("never lets text from a log move the cursor of a terminal", () => {
    const { story, lines } = makeStory();
    story.tell(found("192.0.2.1", "\u001b[2J\u009b31mroot\r\n\u202e"), NOW);
    expect(lines.join("")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  });
});

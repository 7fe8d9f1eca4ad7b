import { describe, expect, it } from "vitest";
import { findInjections, parsePattern, type Injection } from ".";

const SEARCH = { offender: "ip4", victim: "192.0.2.77", peer: "203.0.113.9" };
const IP = String.raw`(?P<ip4>\d{1,3}(?:\.\d{1,3}){3})`;

function find(pattern: string): Injection | undefined {
  const [first] = findInjections(parsePattern(pattern.replaceAll("<IP>", IP)), SEARCH);
  return first;
}

describe("findInjections", () => {
  it("shows the line by which a lazy field without an end gives the address away", () => {
    expect(find("^Failed for (?P<user>.*?) from <IP>")).toEqual({
      genuine: "Failed for x from 203.0.113.9",
      forged: "Failed for x from 192.0.2.77 from 203.0.113.9",
      field: "user",
      assumed: false,
    });
  });

  it.each([
    ["a field without a name", "^bad .*? from <IP> for "],
    ["an end that swallows anything", String.raw`^bad .*? from <IP>: .*$`],
    [
      "an optional part that takes the true address",
      String.raw`^user (?P<user>.+?) <IP>(?: on \S+)? port \d+$`,
    ],
    ["a tempered field", "^bad (?P<user>(?:(?! by ).)*?) from <IP>"],
    [
      "several forks that only together let it through",
      String.raw`^u (?P<user>\S+|.*?) <IP>(?: (?:port \d+|on \S+)){0,2}:\s*x$`,
    ],
  ])("finds %s", (_, pattern) => {
    expect(find(pattern)?.forged).toContain("192.0.2.77");
  });

  it("finds what a backslash guards in a part of the field only", () => {
    const pattern = String.raw`^user "(?P<user>(?:[^"]|\\.)*?.*?)" from <IP>`;
    expect(find(pattern)?.forged).toContain('" from 192.0.2.77');
  });

  it("says when a field's own pattern would not take the text", () => {
    expect(find(String.raw`^bad (?P<user>\S+) from <IP>`)).toMatchObject({ assumed: true, field: "user" });
  });

  it.each([
    ["the end is fixed", String.raw`^Failed for (?P<user>.*) from <IP> port \d+$`],
    ["the field is lazy and the end is fixed", String.raw`^Failed for (?P<user>.*?) from <IP>$`],
    ["the greedy field takes the forged part", "^Failed for (?P<user>.*) from <IP>"],
    ["the field comes later", "^Failed from <IP> for (?P<user>.*)$"],
    ["the field cannot hold what separates", `^user "(?P<user>[^"]*)" from <IP>`],
    ["the field has a list of what it takes", String.raw`^user (?P<user>[\w.-]*) from <IP>`],
    [
      "the field's own quotes have a backslash before them",
      String.raw`^user "(?P<user>[^"\\]*(?:\\.[^"\\]*)*)" from <IP>`,
    ],
    ["such a field has no name", String.raw`^user "[^"\\]*(?:\\.[^"\\]*)*" from <IP>`],
    ["there is no offender", "^user .*$"],
    ["a word of the program is no field", String.raw`^(?P<mlfid>\S+) <IP>`],
    ["the field is short", "^user .{0,8} from <IP>"],
  ])("is silent where %s", (_, pattern) => {
    expect(find(pattern)).toBeUndefined();
  });

  it("ends soon for patterns with very many ways", () => {
    const start = performance.now();
    expect(find(`^${".*?x".repeat(8)}<IP>${"(?:a|b\\S*)?".repeat(60)}$`)).toBeDefined();
    find(`^${"(?:.*? x)?".repeat(30)}<IP>${"(?: \\S+)?".repeat(20)}:$`);
    expect(performance.now() - start).toBeLessThan(15_000);
  });
});

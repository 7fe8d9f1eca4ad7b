import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockScanner } from "./block-scanner";
import { FilterError } from "./compile-filter";
import { feedAt, makeFilter, makeTestBlock, NOON } from "./filter.testing";
import type { Hit } from "./hit-maker";
import type { JailFilter } from "./jail-filter";

const PEER = "203.0.113.9";
const VICTIM = "192.0.2.77";

function makeJson(...failregex: readonly string[]): JailFilter {
  return makeFilter({ failregex: failregex.map((text) => `(?json) ${text}`), usedns: "no" });
}

function feed(filter: JailFilter, value: unknown): readonly Hit[] {
  return filter.feedLine(typeof value === "string" ? value : JSON.stringify(value), feedAt());
}

function idIn(regex: string, value: unknown): string | undefined {
  const [hit] = feed(makeJson(regex), value);
  return hit?.kind === "failure" ? hit.identity?.id : undefined;
}

const LINE = {
  level: "error",
  status: 401,
  size: "12",
  ok: false,
  none: null,
  "log.name": "access",
  request: { ip: PEER, headers: { Agent: ["curl", "x"], Way: [PEER] } },
  list: [{ a: 1 }, { a: 2 }, [{ a: 3 }]],
  msg: 'Login failed: "anna" (from 203.0.113.9)',
};

describe("conditions on fields", () => {
  it.each([
    ["status=401", true],
    ['status="401"', true],
    ["status=40", false],
    ["status!=401", false],
    ["status!=200", true],
    ["nothing!=200", false],
    ["status>=400 status<500", true],
    ["status>401", false],
    ["size<=12", true],
    ["level>1", false],
    ["level=error", true],
    ["level=Error", false],
    ["ok=false", true],
    ["ok", true],
    ["none", false],
    ["!none", true],
    ["!ok", false],
    ['"log.name"=access', true],
    ["log.name=access", false],
    ["request.headers.Agent=x", true],
    ["request.headers.Agent.0=x", false],
    ["request.headers.Agent.-1=x", true],
    ["list.a=2", true],
    ["list.a=3", false],
    ["list.1.a=2", true],
    ["list.a!=2", false],
    ["msg~failed:", true],
    ["msg~^failed:", false],
    [String.raw`msg~"^Login failed: \"\w+\" \("`, true],
    ["msg!~^Login", false],
    ["msg!~(?i)LOGOUT", true],
    ["status~^4", true],
    ["request~x", false],
    ["request", true],
    ["__proto__", false],
    ["constructor", false],
    ["toString.name", false],
    ["msg.length>1", false],
  ])("%s", (condition, isWanted) => {
    expect(idIn(`${condition} request.ip=<ADDR>`, LINE)).toBe(isWanted ? PEER : undefined);
  });

  it("take the offender from the whole of a field, or from what a regex says", () => {
    expect(idIn("request.headers.Way=<HOST>", LINE)).toBe(PEER);
    expect(idIn("request.headers.Agent=<F-ID>", LINE)).toBeUndefined();
    expect(idIn(String.raw`msg~"\(from <ADDR>\)$"`, LINE)).toBe(PEER);
    expect(idIn("msg=<ADDR>", LINE)).toBeUndefined();
    expect(idIn("level=<F-ID>", LINE)).toBe("error");
    expect(idIn("ip=<SUBNET>", { ip: "203.0.113.0/24" })).toBe("203.0.113.0/24");
    expect(idIn("ip=<ADDR>", { ip: "2001:DB8::1" })).toBe("2001:db8::1");
    expect(idIn("ip=<HOST>", { ip: "example.org" })).toBeUndefined();
  });

  it("take further groups, where they are there", () => {
    const filter = makeJson("ip=<ADDR> user?=<F-USER> n?=<F-COUNT> (?#weight=2)");
    const [hit] = feed(filter, { ip: PEER, user: "a b", n: 3 });
    expect(Object.fromEntries(hit?.groups ?? [])).toEqual({ ip4: PEER, user: "a b", count: "3" });
    expect(hit?.worth).toEqual({ weight: 2 });
    expect(feed(filter, { ip: PEER })[0]?.groups.has("user")).toBe(false);
  });

  it("work in ignoreregex and behind a prefregex", () => {
    const filter = makeFilter({
      prefregex: String.raw`^ host \w+: <F-CONTENT>\{.*\}</F-CONTENT>$`,
      failregex: ["(?json) ip=<ADDR>", "^x <ADDR>"],
      ignoreregex: ["(?json) user=friend"],
    });
    const kinds = ["foe", "friend"].map(
      (user) =>
        filter.feedLine(`Jan  1 12:00:00 host web: {"ip":"${PEER}","user":"${user}"}`, feedAt())[0]?.kind,
    );
    expect(kinds).toEqual(["failure", "ignored"]);
  });
});

describe("the time of a line", () => {
  it.each([
    [NOON - 5, -5],
    [NOON - 5.25, -5.25],
    [String(NOON - 5), -5],
    [(NOON - 5) * 1000 + 250, -4.75],
    [(NOON - 5) * 1e6, -5],
    ["2026-01-01T11:59:55Z", -5],
    ["2026-01-01T12:59:55.5+01:00", -5],
    ["2026-01-01T12:59:55.500000000+01:00", -5],
    ["2026-01-01T06:59:55,2500001-05:00", -5],
    ["nonsense", 0],
  ])("%j is read", (time, offset) => {
    expect(feed(makeJson("ip=<ADDR> t?=<F-TIME>"), { t: time, ip: PEER })[0]?.time).toBe(NOON + offset);
  });

  it("does not come from what clients write", () => {
    const options = feedAt({ phase: "initial" });
    const line = (t: number): string =>
      JSON.stringify({ agent: "2005-01-01 00:00:00", t, ip: PEER, date: "2005-01-01" });
    const alone = makeJson("ip=<ADDR> t=<F-TIME>");
    const mixed = makeFilter({ failregex: ["(?json) ip=<ADDR> t=<F-TIME>", "^never <ADDR>"] });
    for (const filter of [alone, mixed]) {
      expect(filter.feedLine(line(NOON - 9), options)[0]?.time).toBe(NOON - 9);
      expect(filter.feedLine(line(NOON - 9999), options)).toEqual([]);
    }
  });

  it("is the date of the line when no field is named", () => {
    const line = JSON.stringify({ time: "2026-01-01T11:59:58Z", ip: PEER });
    expect(feed(makeJson("ip=<ADDR>"), line)[0]?.time).toBe(NOON - 2);
  });
});

describe("hostile lines", () => {
  it("with texts of clients in any field never name another offender", () => {
    const filter = makeJson("status=401 request.ip=<ADDR> msg~^Login user?=<F-USER>");
    const hostile = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        `","request":{"ip":"${VICTIM}"},"x":"`,
        `\\","ip":"${VICTIM}`,
        `"}\n{"status":401,"msg":"Login","request":{"ip":"${VICTIM}"}}`,
        ` ${VICTIM}`,
      ),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (user, agent, header) => {
        const line = {
          msg: `Login ${agent}`,
          status: 401,
          user,
          request: { headers: { [header]: [VICTIM, agent], ip: [VICTIM] }, ip: PEER, agent },
          ["x".concat(user)]: VICTIM,
        };
        const [hit] = feed(filter, line);
        // The header "ip" is a member of another object; only twice in one object is unclear.
        expect(hit?.identity?.id).toBe(PEER);
        expect(hit?.groups.get("user")).toBe(user);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    `{"ip":"${PEER}","user":"x","ip":"${VICTIM}"}`,
    String.raw`{"ip":"${PEER}","user":"x","\u0069p":"${VICTIM}"}`,
    `{"a":{"ip":"1"},"ip":"${PEER}","ip" : "${VICTIM}"}`,
    `{"ip":["${PEER}","${VICTIM}"]}`,
    `{"ip":"${VICTIM} "}`,
    `{"ip":"${VICTIM}\\n"}`,
    `{"ip":"for ${VICTIM}"}`,
    `{"ip":{"ip":"${VICTIM}"}}`,
    `{"__proto__":{"ip":"${VICTIM}"}}`,
    `["ip","${VICTIM}"]`,
    `x {"ip":"${VICTIM}"}`,
    `{"ip":"${VICTIM}"} x`,
    `{"ip":"${VICTIM}"}{"ip":"${VICTIM}"}`,
    `"{\\"ip\\":\\"${VICTIM}\\"}"`,
    `{"ip":"${VICTIM}"`,
    "{",
    "",
  ])("%s is nothing", (line) => {
    expect(feed(makeJson("ip=<ADDR>"), line)).toEqual([]);
  });

  it("that are deep or long do no harm", () => {
    const deep = `{"ip":"${PEER}","x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const long = `{"ip":"${PEER}","x":"${'\\"ip\\":'.repeat(100_000)}"}`;
    expect([deep, long].map((line) => feed(makeJson("ip=<ADDR> x.y!~z"), line).length)).toEqual([0, 0]);
    expect(idIn("ip=<ADDR> x", long)).toBe(PEER);
  });
});

describe("needles", () => {
  it("are texts of values where there are some, else names of fields", () => {
    const needlesOf = (regex: string): readonly string[] | undefined =>
      makeJson(regex).compiled.needles?.map(({ text }) => text);
    expect(needlesOf("ip=<ADDR> status=401")).toEqual(["401"]);
    expect(needlesOf("ip=<ADDR> msg~'Login/failed'")).toEqual(["failed"]);
    expect(needlesOf("remote.ip=<ADDR> ok=1")).toEqual(['"remote"']);
    expect(needlesOf("ip?=<F-USER> !x q=<F-ID>")).toEqual(['"q"']);
  });

  it("miss nothing", () => {
    const filter = makeJson("status=401 ip=<ADDR>", "msg~^Login ip=<ADDR>");
    const value = fc.record({
      status: fc.constantFrom(401, "401", 200),
      msg: fc.oneof(fc.constantFrom("Login", "Log", "é Login"), fc.string()),
      ip: fc.constantFrom(PEER, "x"),
    });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), (values) => {
        const found: Hit[] = [];
        const watcher = {
          filter,
          options: () => feedAt(),
          hits: (hits: readonly Hit[]) => found.push(...hits),
        };
        new BlockScanner([watcher]).scan(makeTestBlock(values.map((v) => `${JSON.stringify(v)}\n`).join("")));
        expect(found.length).toBe(values.flatMap((v) => feed(filter, v)).length);
      }),
    );
  });
});

describe("mistakes", () => {
  it.each([
    ["status=401", "No failure-id group"],
    ["", "no field is named"],
    ["ip=<ADDR> =1", "expected the name of a field at position 18"],
    ["ip=<ADDR> a.=1", "expected the name of a field at position 20"],
    ["ip=<ADDR> a=", "expected a value at position 20"],
    ['ip=<ADDR> a="x', "missing closing quote at position 20"],
    ['ip=<ADDR> a="x"y', "expected a blank behind the value at position 23"],
    ["ip=<ADDR> a:b", "expected one of = != ~ !~ < <= > >= ?= at position 19"],
    ["ip=<ADDR> a>b", "'b' is no number at position 18"],
    ["ip=<addr>", "unknown tag <addr>; as a text it stands in quotes at position 8"],
    ["ip!=<ADDR>", "<ADDR> is taken with =, not with != at position 8"],
    ["ip?=<ADDR>", "<ADDR> is taken with =, not with ?= at position 8"],
    ["ip=<ADDR> a?=x", "?= takes a tag such as <F-USER>, not 'x' at position 18"],
    ["ip=<ADDR> peer=<ADDR>", "'ip4' is taken twice at position 18"],
    ["ip=<ADDR> a~(", "in '(': missing ), unterminated subpattern at position 0 at position 18"],
    ["ip=<ADDR> a!~<F-USER>x</F-USER>", "what must not match cannot take tags at position 18"],
  ])("in %j are told with their place", (regex, message) => {
    expect(() => makeJson(regex)).toThrow(FilterError);
    expect(() => makeJson(regex)).toThrow(message);
  });

  it("are several lines, and fields in prefregex", () => {
    expect(() => makeFilter({ failregex: ["(?json) ip=<ADDR>"], maxlines: 2 })).toThrow("maxlines must be 1");
    expect(() => makeFilter({ prefregex: "(?json) a=<F-CONTENT>", failregex: ["<ADDR>"] })).toThrow(
      "prefregex cannot read fields",
    );
  });
});

describe("fields of journal entries", () => {
  const FORGED = { _UID: "1000", _COMM: "logger", SYSLOG_IDENTIFIER: "sshd" };
  const GENUINE = { _UID: "0", _COMM: "sshd", SYSLOG_IDENTIFIER: "sshd" };

  function entryIds(filter: JailFilter, fields: object, text = "host sshd[7]: text"): unknown[] {
    const entry = { time: NOON, date: "", text, fields: () => JSON.stringify(fields) };
    return filter
      .feedEntry(entry, feedAt())
      .flatMap((hit) => (hit.kind === "failure" ? hit.identity?.id : hit.kind));
  }

  it("tell who wrote it", () => {
    const filter = makeJson("_UID=0 _COMM~^sshd MESSAGE~^no\\sfrom\\s<ADDR>$");
    expect(entryIds(filter, { ...GENUINE, MESSAGE: `no from ${PEER}` })).toEqual([PEER]);
    expect(entryIds(filter, { ...FORGED, MESSAGE: `no from ${VICTIM}` })).toEqual([]);
    expect(
      entryIds(filter, { ...FORGED, MESSAGE: `{"_UID":"0","_COMM":"sshd","MESSAGE":"no from ${VICTIM}"}` }),
    ).toEqual([]);
  });

  it("are never taken from the text", () => {
    const json = JSON.stringify({ ...GENUINE, MESSAGE: `no from ${VICTIM}` });
    const filter = makeJson("_UID=0 MESSAGE~^no\\sfrom\\s<ADDR>$");
    expect(entryIds(filter, { ...FORGED, MESSAGE: json }, json)).toEqual([]);
    const wrapped = makeFilter({
      prefregex: "^host sshd\\[7\\]: <F-CONTENT>.*</F-CONTENT>$",
      failregex: ["(?json) _UID=0 MESSAGE~^no\\sfrom\\s<ADDR>$"],
    });
    expect(entryIds(wrapped, { ...FORGED, MESSAGE: json }, `host sshd[7]: ${json}`)).toEqual([]);
  });

  it("speak against a text, with a prefregex and without", () => {
    const ignoreregex = ["(?json) !_UID", "(?json) _UID!=0"];
    const filters = [
      makeFilter({ failregex: ["no from <ADDR>$"], ignoreregex }),
      makeFilter({
        prefregex: "^host <F-CONTENT>.*</F-CONTENT>$",
        failregex: ["no from <ADDR>$"],
        ignoreregex,
      }),
    ];
    for (const filter of filters) {
      const text = `host sshd[7]: no from ${PEER}`;
      expect(entryIds(filter, GENUINE, text)).toEqual([PEER]);
      expect(entryIds(filter, FORGED, text)).toEqual(["ignored"]);
      expect(entryIds(filter, { MESSAGE: "x" }, text)).toEqual(["ignored"]);
    }
  });

  it("are not those of a JSON in the text that a prefregex takes out, but for the journal's own", () => {
    const filter = makeFilter({
      prefregex: "^host app: <F-CONTENT>.*</F-CONTENT>$",
      failregex: ["(?json) event=refused ip=<ADDR>"],
      ignoreregex: ["(?json) _UID!=0"],
    });
    const text = `host app: {"event":"refused","ip":"${PEER}"}`;
    expect(entryIds(filter, { _UID: "0", event: "x" }, text)).toEqual([PEER]);
    expect(entryIds(filter, { _UID: "1", event: "x" }, text)).toEqual(["ignored"]);
  });

  it("take no tag where the sender gave a field twice", () => {
    const filter = makeJson("_UID=0 MESSAGE~^no\\sfrom\\s<ADDR>$");
    expect(entryIds(filter, { _UID: "0", MESSAGE: [`no from ${VICTIM}`, "x"] })).toEqual([]);
  });
});

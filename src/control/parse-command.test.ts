import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PyFloat, type Command } from "../model";
import { toBool, toFloat, toInt } from "./coerce";
import { parseCommand } from "./parse-command";
import { RemoteError } from "./remote-error";
import type { Request } from "./request";
import { commandValues } from "./values.testing";

describe("parseCommand", () => {
  test.each<[Command, Request]>([
    [["ping", "5"], { type: "ping" }],
    [["echo", "a", 1], { type: "echo", words: ["a", 1] }],
    [["sleep", "0.5"], { type: "sleep", seconds: 0.5 }],
    [["status"], { type: "status", all: false, flavor: "basic" }],
    [["status", "--all", "stats"], { type: "status", all: true, flavor: "stats" }],
    [["status", "sshd"], { type: "jail-status", jail: "sshd", flavor: "basic" }],
    [["status", "sshd", "short"], { type: "jail-status", jail: "sshd", flavor: "short" }],
    [["statistic"], { type: "stats" }],
    [["banned"], { type: "banned", ids: [] }],
    [["unban", "--all"], { type: "unban-all" }],
    [["unban", "--all", "192.0.2.1"], { type: "unban", ids: ["--all", "192.0.2.1"] }],
    [["add", "sshd"], { type: "add-jail", jail: "sshd", backend: "auto" }],
    [["stop"], { type: "stop-server" }],
    [["stop", "--all"], { type: "stop-all-jails" }],
    [["stop", "sshd"], { type: "stop-jail", jail: "sshd" }],
    [
      ["reload", "--all", [], [["start", "sshd"]]],
      { type: "reload", options: [], stream: [["start", "sshd"]] },
    ],
    [["reload", "sshd", ["--unban"], []], { type: "reload", jail: "sshd", options: ["--unban"], stream: [] }],
    [["set", "dbpurgeage", 5], { type: "set-server", option: "dbpurgeage", value: 5 }],
    [["set", "allowipv6", "no"], { type: "set-server", option: "allowipv6", value: "no" }],
    [["get", "loglevel"], { type: "get-server", option: "loglevel" }],
    [["set", "sshd", "maxretry", "7"], { type: "set-option", jail: "sshd", option: "maxretry", value: 7 }],
    [["set", "sshd", "bantime", "1h"], { type: "set-option", jail: "sshd", option: "bantime", value: "1h" }],
    [
      ["set", "sshd", "bantime.factor", "2"],
      { type: "set-bantime-option", jail: "sshd", option: "factor", value: "2" },
    ],
    [["get", "sshd", "bantime.factor"], { type: "get-bantime-option", jail: "sshd", option: "factor" }],
    [["set", "sshd", "idle", "on"], { type: "set-idle", jail: "sshd", idle: true }],
    [
      ["set", "sshd", "addlogpath", "/a", "TAIL"],
      { type: "add-logpath", jail: "sshd", path: "/a", position: "tail" },
    ],
    [
      ["multi-set", "sshd", "addfailregex", ["a", "b"]],
      { type: "add-regex", jail: "sshd", list: "failregex", patterns: ["a", "b"], multiple: true },
    ],
    [
      ["set", "sshd", "delignoreregex", "1"],
      { type: "del-regex", jail: "sshd", list: "ignoreregex", index: 1 },
    ],
    [
      ["set", "sshd", "unbanip", "--report-absent", "192.0.2.1"],
      { type: "unbanip", jail: "sshd", ids: ["192.0.2.1"], reportAbsent: true },
    ],
    [["get", "sshd", "banip", "--with-time"], { type: "get-banip", jail: "sshd", withTime: true }],
    [["set", "sshd", "addaction", "mail"], { type: "add-action", jail: "sshd", action: "mail" }],
    [
      ["set", "sshd", "addaction", "py", "/x.py", "{}"],
      { type: "add-action", jail: "sshd", action: "py", script: { file: "/x.py", args: "{}" } },
    ],
    [["set", "sshd", "action", "a"], { type: "set-action", jail: "sshd", action: "a", words: [] }],
    [
      ["multi-set", "sshd", "action", "a", [["p", "1"], ["start"]]],
      { type: "multi-set-action", jail: "sshd", action: "a", entries: [["p", "1"], ["start"]] },
    ],
  ])("%j", (command, request) => {
    expect(parseCommand(command)).toEqual(request);
  });

  test.each<[Command, string, string]>([
    [[], "IndexError", "list index out of range"],
    [["help"], "Exception", "Invalid command"],
    [[["ping"]], "Exception", "Invalid command"],
    [["status", "a", "b", "c"], "Exception", "Invalid command (no status)"],
    [["unban"], "Exception", "Invalid command"],
    [["start"], "IndexError", "list index out of range"],
    [["add", "--all"], "Exception", "Reserved name '--all'"],
    [["set"], "IndexError", "list index out of range"],
    [["set", "sshd"], "IndexError", "list index out of range"],
    [["set", "sshd", "x"], "Exception", "Invalid command 'x' (no set action or not yet implemented)"],
    [["get", "sshd", "x"], "Exception", "Invalid command (no get action or not yet implemented)"],
    [["get", "allowipv6"], "IndexError", "list index out of range"],
    [["set", "sshd", "idle", "x"], "Exception", "Invalid idle option, must be 'on' or 'off'"],
    [["set", "sshd", "addlogpath", "/a", "b"], "ValueError", "File option must be 'head' or 'tail'"],
    [["set", "sshd", "addlogpath", "/a", "b", "c"], "ValueError", "Only one file can be added at a time"],
    [["set", "sshd", "maxretry", "x"], "ValueError", "invalid literal for int() with base 10: 'x'"],
    [["set", "sshd", "unbanip"], "IndexError", "list index out of range"],
    [["sleep", "x"], "ValueError", "could not convert string to float: 'x'"],
    [["get", "sshd", "action", "a"], "IndexError", "list index out of range"],
  ])("refuses %j as fail2ban does", (command, pythonClass, message) => {
    expect(() => parseCommand(command)).toThrow(new RemoteError(`builtins.${pythonClass}`, [message]));
  });

  test("gives a request or a RemoteError for any list", () => {
    const first = fc.constantFrom("set", "get", "multi-set", "status", "reload", "unban", "server-stream");
    const second = fc.constantFrom("sshd", "loglevel", "dbfile");
    const third = fc.constantFrom(
      "action",
      "addfailregex",
      "banip",
      "unbanip",
      "maxretry",
      "addlogpath",
      "idle",
    );
    const rest = fc.array(commandValues, { maxLength: 4 });
    const commands = fc
      .tuple(
        fc.oneof(first, commandValues),
        fc.oneof(second, commandValues),
        fc.oneof(third, commandValues),
        rest,
      )
      .map(([a, b, c, more]) => [a, b, c].concat(more) as Command);
    fc.assert(
      fc.property(commands, (command) => {
        try {
          expect(parseCommand(command).type).toBeTypeOf("string");
        } catch (error) {
          expect(error).toBeInstanceOf(RemoteError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("coercers", () => {
  test("toInt reads what Python reads", () => {
    expect([" 1_0 ", "+5", "-3", 2.7, true, new PyFloat(4), 12n].map(toInt)).toEqual([
      10, 5, -3, 2, 1, 4, 12,
    ]);
    for (const text of ["", "1.5", "0x1", "1e3", "1__0", "_1", "one"]) {
      expect(() => toInt(text)).toThrow(`invalid literal for int() with base 10: '${text}'`);
    }
    expect(() => toInt(null)).toThrow("not 'NoneType'");
    expect(() => toInt(Number.NaN)).toThrow(RemoteError);
  });

  test("toFloat reads what Python reads", () => {
    expect(["1e3", ".5", "2.", 3].map(toFloat)).toEqual([1000, 0.5, 2, 3]);
    expect(() => toFloat("x")).toThrow("could not convert string to float: 'x'");
  });

  test("toBool knows the words for yes", () => {
    expect(["1", "On", "TRUE", "yes", 1, true, ["x"]].every(toBool)).toBe(true);
    expect(["0", "off", "", "no", "y", 0, false, null, [], new Map()].some(toBool)).toBe(false);
  });
});

import { describe, expect, test } from "vitest";
import { PyFloat, PyTuple, type Command, type CommandValue } from "../model";
import {
  duplicateJailError,
  indexError,
  keyError,
  plainError,
  RemoteError,
  unknownJailError,
} from "./remote-error";
import { formatReply } from "./reply-format";

const pair = (name: string, value: CommandValue): PyTuple => new PyTuple([name, value]);
const jailStatus = (failed: number, files: readonly string[], banned: readonly string[]): CommandValue => [
  pair("Filter", [pair("Currently failed", failed), pair("Total failed", 2), pair("File list", files)]),
  pair("Actions", [
    pair("Currently banned", banned.length),
    pair("Total banned", 3),
    pair("Banned IP list", banned),
  ]),
];
const stats = (backend: string, ...counts: readonly number[]): CommandValue => [
  backend,
  new PyTuple(counts.slice(0, 2)),
  new PyTuple(counts.slice(2)),
];

describe("formatReply", () => {
  test.each<[Command, CommandValue, string]>([
    [["ping"], "pong", "Server replied: pong"],
    [["echo", "a", "b"], ["a", "b"], "a b"],
    [["stop"], null, "Shutdown successful"],
    [["stop", "--all"], null, "Jail stopped"],
    [["start", "a"], null, "Jail started"],
    [["add", "a"], "a", "Added jail a"],
    [["flushlogs"], "flushed", "logs: flushed"],
    [["sleep", "1"], null, "None"],
    [["banned"], [new Map([["a", ["192.0.2.1"]]])], "[{'a': ['192.0.2.1']}]"],
    [["get", "loglevel"], 20, "Current logging level is 'INFO'"],
    [["get", "loglevel"], "18", "Current logging level is '18'"],
    [["get", "dbfile"], null, "Database currently disabled"],
    [["get", "dbpurgeage"], new PyFloat(2_629_800), "Current database purge age is:\n`- 2629800seconds"],
    [["get", "a", "bantime"], new PyFloat(3600), "3600.0"],
    [["get", "a", "logpath"], [], "No file is currently monitored"],
    [["get", "a", "logpath"], ["/a", "/b"], "Current monitored log file(s):\n|- /a\n`- /b"],
    [
      ["get", "a", "failregex"],
      ["x", "y"],
      "The following regular expression are defined:\n|- [0]: x\n`- [1]: y",
    ],
    [["get", "a", "journalmatch"], [["A=b", "C=d"], ["E=f"]], "Current match filter:\nA=b C=d + E=f"],
    [["get", "a", "journalmatch"], [], "No journal match filter set"],
    [["get", "a", "datepattern"], null, "Current date pattern set to: Not set/required"],
    [["get", "a", "datepattern"], new PyTuple([null, "Epoch"]), "Current date pattern set to: Epoch"],
    [["get", "a", "datepattern"], new PyTuple(["%Y", "Year"]), "Current date pattern set to: %Y (Year)"],
    [["get", "a", "actions"], [], "No actions for jail a"],
    [["get", "a", "actions"], ["x", "y"], "The jail a has the following actions:\nx, y"],
    [["get", "a", "actionmethods", "x"], [], "No methods for jail a action x"],
    [["get", "a", "banip", "--with-time"], ["1", "2"], "1\n2"],
    [["get", "a", "banip", "; "], ["1", "2"], "1; 2"],
    [["set", "a", "banip", "192.0.2.1"], 1, "1"],
    [["stats"], new Map(), "No jails found."],
    [["statistic"], new Map(), "{}"],
    [["status"], 5, "5"],
    [["get", "a", "logpath"], 5, "5"],
  ])("%j", (command, value, text) => {
    expect(formatReply(command, { ok: true, value })).toBe(text);
  });

  test.each<[RemoteError, string]>([
    [unknownJailError("x"), "Sorry but the jail 'x' does not exist"],
    [duplicateJailError("x"), "The jail 'x' already exists"],
    [indexError(), "Sorry but the command is invalid"],
    [plainError("Invalid command"), "Invalid command"],
    [keyError("Invalid Action name: x"), "'Invalid Action name: x'"],
    [
      new RemoteError("builtins.FileNotFoundError", [2, "No such file", "/x"]),
      "[Errno 2] No such file: '/x'",
    ],
    [new RemoteError("builtins.PermissionError", [13, "Permission denied"]), "[Errno 13] Permission denied"],
    [
      new RemoteError("builtins.SyntaxError", ["invalid syntax", new PyTuple(["<string>", 1, 2, "x"])]),
      "invalid syntax (<string>, line 1)",
    ],
    [new RemoteError("builtins.ValueError", []), ""],
    [new RemoteError("builtins.ValueError", [1, "b"]), "(1, 'b')"],
  ])("error %#", (error, text) => {
    expect(formatReply(["x"], { ok: false, error })).toBe(text);
  });

  test("draws the status of all jails", () => {
    const value = [
      pair("Number of jail", 2),
      pair("Jail list", "t2, t4"),
      new Map([
        ["t2", jailStatus(0, ["/var/log/t2.log"], ["198.51.100.9"])],
        ["t4", jailStatus(1, [], [])],
      ]),
    ];
    expect(formatReply(["status", "--all"], { ok: true, value })).toBe(
      [
        "Status",
        "|- Number of jail:\t2",
        "|- Jail list:\tt2, t4",
        "`- Status for the jails: ",
        "   |- Jail: t2",
        "   |  |- Filter",
        "   |  |  |- Currently failed:\t0",
        "   |  |  |- Total failed:\t2",
        "   |  |  `- File list:\t/var/log/t2.log",
        "   |  `- Actions",
        "   |     |- Currently banned:\t1",
        "   |     |- Total banned:\t3",
        "   |     `- Banned IP list:\t198.51.100.9",
        "   `- Jail: t4",
        "      |- Filter",
        "      |  |- Currently failed:\t1",
        "      |  |- Total failed:\t2",
        "      |  `- File list:\t",
        "      `- Actions",
        "         |- Currently banned:\t0",
        "         |- Total banned:\t3",
        "         `- Banned IP list:\t",
      ].join("\n"),
    );
  });

  test("draws the table of counters", () => {
    const value = new Map([["t1", stats("polling", 0, 0, 0, 0)]]);
    const table = [
      "          ║          ║ Filter    ║ Actions  ",
      " Jail     ║ Backend  ╟───────────╫───────────",
      "          ║          ║ cur │ tot ║ cur │ tot",
      "══════════╬══════════╬═══════════╬═══════════",
      " t1       ║ polling  ║   0 │   0 ║   0 │   0",
      "══════════╩══════════╩═══════════╩═══════════",
    ];
    expect(formatReply(["stats"], { ok: true, value }).split("\n")).toEqual(table);
    expect(formatReply(["status", "--all", "stats"], { ok: true, value }).split("\n")).toEqual(table);
    const one = stats("polling", 0, 0, 0, 0);
    expect(formatReply(["status", "t1", "stats"], { ok: true, value: one }).split("\n")).toEqual(table);
  });

  test("widens columns and does without Unicode", () => {
    const value = new Map([
      ["a-long-jail-name", stats("systemd", 1, 22, 333, 4444)],
      ["b", stats("polling", 0, 0, 0, 0)],
    ]);
    expect(formatReply(["statistics"], { ok: true, value }, { unicode: false }).split("\n")).toEqual([
      "                  |          | Filter    | Actions   ",
      " Jail             | Backend  |-----------x------------",
      "                  |          | cur | tot | cur |  tot",
      "------------------x----------x-----------x------------",
      " a-long-jail-name | systemd  |   1 |  22 | 333 | 4444",
      " b                | polling  |   0 |   0 |   0 |    0",
      "-------------------------------------------------------".slice(1),
    ]);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError } from "./config-error";
import { hasJail, readFilterFile, readJailFilter } from "./filter-file";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "filter-file-"));
  mkdirSync(join(directory, "filter.d"));
  writeFileSync(
    join(directory, "filter.d/app.conf"),
    "[Definition]\nfailregex = <re-<logtype>> <word>\nmaxlines = 3\n[Init]\nword = bad\nre-file = file\nre-journal = journal\n",
  );
  writeFileSync(
    join(directory, "jail.conf"),
    "[app]\nfilter = app[word=%(word)s]\nword = evil\nenabled = false\nlogencoding = latin1\naction = nosuch\n",
  );
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const none = new Map<string, string>();

describe("a filter by itself", () => {
  it("gives its commands, with its arguments and its kind of log", () => {
    const read = (args: ReadonlyMap<string, string>, logtype: "file" | "journal"): unknown =>
      readFilterFile({ directory, name: "app", args, logtype }).entries.map(({ command }) =>
        command.slice(2),
      );
    expect(read(none, "file")).toEqual([
      ["maxlines", 3],
      ["addfailregex", "file bad"],
    ]);
    expect(read(new Map([["word", "odd"]]), "journal")).toContainEqual(["addfailregex", "journal odd"]);
    expect(read(new Map([["logtype", "journal"]]), "file")).toContainEqual(["addfailregex", "journal bad"]);
  });

  it("is refused when there is none", () => {
    expect(() => readFilterFile({ directory, name: "other", args: none, logtype: "file" })).toThrow(
      ConfigError,
    );
  });
});

describe("the filter of a jail", () => {
  const read = (args: ReadonlyMap<string, string>): unknown =>
    readJailFilter({ directory, name: "app", args, logtype: "file" }).entries.map(({ command }) =>
      command.slice(1),
    );

  it("is read although the jail is not enabled and its actions are broken", () => {
    expect(read(none)).toContainEqual(["app", "addfailregex", "file evil"]);
    expect(read(none)).toContainEqual(["app", "logencoding", "latin1"]);
  });

  it("has its options replaced by arguments", () => {
    expect(read(new Map([["word", "odd"]]))).toContainEqual(["app", "addfailregex", "file odd"]);
  });

  it("is there only for jails", () => {
    expect([hasJail(directory, "app"), hasJail(directory, "other"), hasJail("/nonexistent", "app")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

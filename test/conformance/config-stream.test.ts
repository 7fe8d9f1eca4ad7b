import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatStream, formatStreamPretty, readConfiguration, type Configuration } from "../../src/config";
import { askOracle, isOracleHere, writeTree, type OracleAnswer } from "./config-oracle.testing";
import { TREES, type Tree } from "./config-trees";

const VERSION = "1.0.2";
const STOCK = "/etc/fail2ban";
const here = isOracleHere();

function read(directory: string): Configuration {
  return readConfiguration({ directory, version: VERSION, tolerateMissingLogs: true });
}

function linesOf(configuration: Configuration): string[] {
  return formatStream(configuration.stream).split("\n").slice(0, -1);
}

describe.skipIf(!here)("written trees", () => {
  let folders: string[] = [];
  let answers: OracleAnswer[] = [];
  beforeAll(() => {
    folders = TREES.map((tree) => writeTree(tree.files));
    answers = askOracle(folders.map((directory) => ({ directory })));
  });
  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  it.each(TREES.map((tree, i): [string, Tree, number] => [tree.name, tree, i]))("%s", (_, tree, i) => {
    const answer = answers[i]!;
    const ours = read(folders[i]!);
    if (tree.aborts) {
      expect(answer).toHaveProperty("error");
      expectAbort(tree, ours);
      return;
    }
    expect(answer).not.toHaveProperty("error");
    const theirs = "lines" in answer ? answer.lines : [];
    if (tree.differs) {
      expect(linesOf(ours).filter((line) => !theirs.includes(line))).toEqual(tree.differs.ours);
      expect(linesOf(ours)).not.toEqual(theirs);
    } else {
      expect(linesOf(ours)).toEqual(theirs);
      expect(formatStreamPretty(ours.stream)).toBe("pretty" in answer ? answer.pretty : "");
    }
  });
});

describe.skipIf(!here)("a start without any log file", () => {
  it("goes on where fail2ban gives up, and says which log is missing", () => {
    const directory = writeTree({
      "fail2ban.conf": "[Definition]\n",
      "filter.d/f.conf": "[Definition]\nfailregex = ^<HOST>\n",
      "jail.conf":
        "[j]\nenabled = 1\nfilter = f\nlogpath = {ROOT}/no.log\n  {ROOT}/*.x tail\n[k]\nenabled=1\nfilter=f\n",
    });
    const [answer] = askOracle([{ directory, missing: false }]);
    expect(answer).toHaveProperty("error");
    const ours = readConfiguration({ directory, version: VERSION });
    expect(ours).toMatchObject({ ok: false, fatal: false, jails: ["j", "k"] });
    expect(ours.missingLogs).toEqual([
      {
        jail: "j",
        pattern: `${directory}/no.log`,
        position: "head",
        origin: { file: `${directory}/jail.conf`, line: 4 },
      },
      {
        jail: "j",
        pattern: `${directory}/*.x`,
        position: "tail",
        origin: { file: `${directory}/jail.conf`, line: 5 },
      },
    ]);
    rmSync(directory, { recursive: true });
  });

  it("reads one jail alone, and reports one that does not exist", () => {
    const directory = writeTree({
      "fail2ban.conf": "[Definition]\n",
      "filter.d/f.conf": "[Definition]\nfailregex = ^<HOST>\n",
      "jail.conf": "[j]\nenabled = 1\nfilter = f\n[k]\nenabled=1\nfilter=f\n",
    });
    const answers = askOracle(["k", "gone"].map((jail) => ({ directory, jail })));
    const one = readConfiguration({ directory, version: VERSION, jail: "k" });
    expect(answers[0]).toMatchObject({ lines: linesOf(one) });
    expect(answers[1]).toHaveProperty("error");
    const none = readConfiguration({ directory, version: VERSION, jail: "gone" });
    expect(none).toMatchObject({ ok: false, jails: [] });
    rmSync(directory, { recursive: true });
  });
});

function expectAbort(tree: Tree, ours: Configuration): void {
  const errors = ours.problems.filter((problem) => problem.severity === "error");
  if (tree.aborts === "works") {
    expect(errors).toEqual([]);
    expect(ours.jails).toEqual(["j"]);
    return;
  }
  expect(errors[0]?.origin).toBeDefined();
  expect(ours.ok).toBe(false);
  expect(ours.fatal).toBe(tree.aborts === "fatal");
  expect(ours.jails).toEqual([]);
  if (tree.aborts === "jail skipped") {
    const command = ours.stream.at(-1)?.command ?? [];
    expect(command[0]).toBe("config-error");
    expect(command[1]).toMatch(/^Jail 'j' skipped, because of wrong configuration: /);
  }
}

describe.skipIf(!here)("the stock tree", () => {
  const names = here ? listStockJails() : [];
  let root = "";
  beforeAll(() => {
    root = writeTree({ "log/some.log": "" });
    cpSync(STOCK, join(root, "stock"), { recursive: true });
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const enable = (jails: readonly string[], more = "") =>
    writeFileSync(
      join(root, "stock/jail.local"),
      jails.map((jail) => `[${jail}]\nenabled = true\n${more}`).join(""),
    );

  // Since 1.1 an argument stands for the conditional values as well, which only this jail shows.
  const normalize = (line: string) =>
    line.includes("'pass2allow-ftp', 'action'")
      ? line.replace(/\['blocktype\?family=inet6', '[^']*'\]/, "['blocktype?family=inet6', …]")
      : line;

  const compare = () => {
    const [answer] = askOracle([{ directory: join(root, "stock") }]);
    return compareWith(answer);
  };

  const compareWith = (answer: OracleAnswer | undefined) => {
    const ours = read(join(root, "stock"));
    const theirs = answer && "lines" in answer ? answer.lines : [];
    expect(theirs.length).toBeGreaterThan(5);
    expect(linesOf(ours).map(normalize)).toEqual(theirs.map(normalize));
    const pretty = answer && "pretty" in answer ? answer.pretty : "";
    expect(splitPretty(formatStreamPretty(ours.stream))).toEqual(splitPretty(pretty));
    return ours;
  };

  it("as installed", () => {
    rmSync(join(root, "stock/jail.local"), { force: true });
    expect(compare().ok).toBe(true);
  });

  it("with every jail enabled", () => {
    enable(names);
    const ours = compare();
    expect(ours.ok).toBe(true);
    expect(ours.jails.length).toBe(names.length);
    expect(names.length).toBeGreaterThan(80);
  });

  describe("with one jail enabled", () => {
    const localOf = (jail: string) => `[${jail}]\nenabled = true\n`;
    let answers: OracleAnswer[] = [];
    beforeAll(() => {
      answers = askOracle(
        names.map((jail) => ({
          directory: join(root, "stock"),
          write: { "jail.local": localOf(jail), "jail.d/defaults-debian.conf": "" },
        })),
      );
    });

    it.each(names.map((jail, i): [string, number] => [jail, i]))("%s", (jail, i) => {
      writeFileSync(join(root, "stock/jail.local"), localOf(jail));
      expect(compareWith(answers[i]).jails).toEqual([jail]);
    });
  });

  it("with every jail on an existing log and aggressive", () => {
    enable(names, `mode = aggressive\nlogpath = ${root}/log/*.log\naction = %(action_mwl)s\n`);
    compare();
  });

  it("with every jail on the journal", () => {
    enable(names, "backend = systemd\naction = %(action_xarf)s\n");
    compare();
  });

  it.each(listFiles("action.d"))("action %s", (name) => {
    writeFileSync(
      join(root, "stock/jail.local"),
      `[sshd]\nenabled = true\naction = ${name}[port="1,2", protocol=udp, chain="<known/chain>", dest=x]\n`,
    );
    const ours = read(join(root, "stock"));
    const [answer] = askOracle([{ directory: join(root, "stock") }]);
    // Since 1.1 an argument stands for the conditional values as well: their values are compared loosely.
    const loose = (line: string) => line.replace(/\['(?:port|protocol|chain|dest)\?[^\]]*\]/g, "…");
    const theirs = answer && "lines" in answer ? answer.lines : [];
    expect(linesOf(ours).map(loose)).toEqual(theirs.map(loose));
  });
});

/** Without the lines of the one value that differs since 1.1. */
function splitPretty(text: string): string[] {
  return text.split("\n").filter((line) => !line.includes("'blocktype?family=inet6'"));
}

function listFiles(folder: string): string[] {
  if (!here) {
    return [];
  }
  const listing = readFileSync(join(STOCK, "jail.conf"), "utf8");
  const used = new Set(listing.match(/\b[a-z][a-z0-9_]+(?:-[a-z0-9_]+)*\b/g) ?? []);
  return [...used].filter((name) => name !== "" && exists(join(STOCK, folder, `${name}.conf`)));
}

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

function listStockJails(): string[] {
  const text = readFileSync(join(STOCK, "jail.conf"), "utf8");
  return [...text.matchAll(/^\[([^\]]+)\]/gm)]
    .map((match) => match[1]!)
    .filter((name) => name !== "INCLUDES" && name !== "DEFAULT");
}

/** The shipped tree in the hands of the original: every jail that it can run is the same there, command by command. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";

const REAL_CLIENT = "/usr/bin/fail2ban-client";
const TREE = join(import.meta.dirname, "../../config");

const hasOracle = existsSync(REAL_CLIENT);
if (!hasOracle) {
  console.warn("SKIPPED: the real fail2ban is not installed, the shipped tree is not read by it");
}

/** Filters that only warder reads, with those that include them. */
function isForJson(filter: string): boolean {
  const text = readFileSync(join(TREE, "filter.d", `${filter}.conf`), "utf8");
  return text.includes("(?json)") || text.includes("json-scan-common.conf");
}

/** Jails and their filters, as jail.conf names them. */
function readJails(): readonly { readonly jail: string; readonly filter: string }[] {
  const text = readFileSync(join(TREE, "jail.conf"), "utf8");
  return text.split(/^(?=\[)/m).flatMap((section) => {
    const jail = /^\[([\w-]+)\]/.exec(section)?.[1] ?? "";
    const filter = /^filter = ([\w-]+)/m.exec(section)?.[1] ?? jail;
    return ["", "INCLUDES", "DEFAULT"].includes(jail) ? [] : [{ jail, filter }];
  });
}

describe.skipIf(!hasOracle)("the shipped tree, read by the original", () => {
  let programs: Programs;
  let folder = "";
  const jails = readJails();
  const plain = jails.filter(({ filter }) => !isForJson(filter));

  beforeAll(() => {
    programs = buildPrograms();
    folder = mkdtempSync(join(tmpdir(), "shipped-tree-"));
    cpSync(TREE, folder, { recursive: true });
    mkdirSync(join(folder, "jail.d"), { recursive: true });
    writeFileSync(join(folder, "some.log"), "");
  });
  afterAll(() => {
    programs.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const enable = (names: readonly string[], logpath: string): void => {
    const sections = names.map((jail) => `[${jail}]\nenabled = true\n${logpath}`);
    writeFileSync(join(folder, "jail.d/all.local"), sections.join(""));
  };
  const dump = (client: string): readonly string[] =>
    execFileSync(client, ["-c", folder, "-d"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 1 << 26,
    })
      // As in fail2ban 1.1, an argument stands for the values of the families as well; in 1.0.2 it did not.
      .replaceAll(/\['blocktype\?family=inet6', '[^']*'\]/g, "['blocktype?family=inet6', …]")
      .split("\n");

  test("has the same commands for every jail, with its own backend and with a log", () => {
    expect(plain.length).toBeGreaterThan(110);
    for (const logpath of ["", `backend = auto\nlogpath = ${folder}/some.log\n`]) {
      enable(
        plain.map(({ jail }) => jail),
        logpath,
      );
      expect(dump(programs.client)).toEqual(dump(REAL_CLIENT));
    }
  });

  test("passes the original's own test", () => {
    enable(
      plain.map(({ jail }) => jail),
      `backend = auto\nlogpath = ${folder}/some.log\n`,
    );
    expect(execFileSync(REAL_CLIENT, ["-c", folder, "-t"], { encoding: "utf8" })).toContain("OK");
  });

  test("has a jail for every filter, and a filter for every jail", () => {
    const filters = readdirSync(join(TREE, "filter.d"))
      .filter((file) => file.endsWith(".conf") && !/(?:^|-)common\.conf$/.test(file))
      .map((file) => file.slice(0, -".conf".length));
    expect(new Set(jails.map(({ filter }) => filter))).toEqual(new Set(filters));
  });
});

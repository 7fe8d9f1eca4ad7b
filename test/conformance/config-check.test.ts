import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCheck } from "../../src/cli/check";
import { isOracleHere, writeTree } from "./config-oracle.testing";

interface Finding {
  readonly severity: string;
  readonly file: string | null;
  readonly jail: string | null;
  readonly message: string;
}

interface Trick {
  readonly directory: string;
  readonly jail: string;
  readonly line: string;
}

const STOCK = "/etc/fail2ban";
const VICTIM = "192.0.2.77";
const here = isOracleHere();

function check(directory: string): readonly Finding[] {
  let out = "";
  runCheck({ directory, json: true }, { out: (text) => void (out += text), err: () => {}, unicode: true });
  return JSON.parse(out) as Finding[];
}

/** The lines by which the findings say that a filter can be tricked. */
function tricksIn(findings: readonly Finding[], directory: string): Trick[] {
  return findings.flatMap(({ jail, message }) => {
    const match = /accuses \S+: (.*?)(?: \(\d+ jails: ([^,)]+).*)?$/s.exec(message);
    const owner = jail ?? match?.[2];
    return match?.[1] === undefined || owner === undefined
      ? []
      : [{ directory, jail: owner, line: match[1] }];
  });
}

describe.skipIf(!here)("what the check finds in the stock tree", () => {
  let directory = "";
  let findings: readonly Finding[] = [];
  beforeAll(() => {
    directory = writeTree({});
    cpSync(STOCK, directory, { recursive: true });
    const names = [...readFileSync(join(STOCK, "jail.conf"), "utf8").matchAll(/^\[([^\]]+)\]/gm)]
      .map((match) => match[1]!)
      .filter((name) => name !== "INCLUDES" && name !== "DEFAULT");
    const modes = ["ddos", "extra", "aggressive"].map(
      (mode) => `[s-${mode}]\nenabled=1\nfilter=sshd[mode=${mode}]\n`,
    );
    const local = names.map((name) => `[${name}]\nenabled = true\n`).concat(modes);
    writeFileSync(join(directory, "jail.local"), local.join(""));
    findings = check(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it("is no error anywhere", () => {
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(findings.some(({ message }) => message.includes("lack of time"))).toBe(false);
  });

  it("has the hole of sshd in its normal mode: a user name that moves the offender", () => {
    const lines = tricksIn(findings, directory).filter(({ jail }) => jail === "sshd");
    const forged = `Disconnecting invalid user x ${VICTIM} on 203.0.113.9`;
    expect(lines.some(({ line }) => line.includes(forged))).toBe(true);
  });

  it("has the hole of closed connections in aggressive mode", () => {
    const lines = tricksIn(findings, directory).map(({ line }) => line);
    expect(lines.some((line) => line.includes(`Connection closed by invalid user x ${VICTIM}`))).toBe(true);
  });

  it("has only lines that the real fail2ban falls for as well", () => {
    const tricks = tricksIn(findings, directory);
    const script = join(import.meta.dirname, "config_tricked.py");
    const output = execFileSync("python3", [script], { input: JSON.stringify(tricks) });
    const accused = JSON.parse(output.toString()) as (string | null)[];
    expect(tricks.length).toBeGreaterThan(8);
    expect(tricks.filter((_, i) => accused[i] !== VICTIM)).toEqual([]);
  });
});

/** The command that tells Google's crawlers from clients that only call themselves so; the DNS is a script of ours. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const COMMAND = join(import.meta.dirname, "../../config/filter.d/ignorecommands/apache-fakegooglebot");

/** What the DNS says: addresses to names, names to addresses. */
const ZONE = [
  ["192.0.2.1", "crawl-192-0-2-1.googlebot.com"],
  ["crawl-192-0-2-1.googlebot.com", "192.0.2.1"],
  ["2001:db8::1", "rate-limited-proxy.google.com"],
  ["rate-limited-proxy.google.com", "192.0.2.9", "2001:db8::1"],
  // somebody's own reverse zone
  ["192.0.2.2", "crawl-192-0-2-1.googlebot.com"],
  ["192.0.2.3", "crawl.googlebot.com.example.net"],
  ["crawl.googlebot.com.example.net", "192.0.2.3"],
  ["192.0.2.4", "evilgoogle.com"],
  ["evilgoogle.com", "192.0.2.4"],
  ["192.0.2.5", "$(touch${IFS}owned).google.com"],
  ["$(touch${IFS}owned).google.com", "192.0.2.5"],
  ["192.0.2.6", "-s.google.com"],
  ["-s.google.com", "192.0.2.6"],
  ["192.0.2.7", "192-0-2-7.bc.googleusercontent.com"],
  ["192-0-2-7.bc.googleusercontent.com", "192.0.2.7"],
  // part of another address
  ["192.0.2.10", "ten.google.com"],
  ["ten.google.com", "192.0.2.100", "1192.0.2.10"],
];

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ignore-googlebot-"));
  const cases = ZONE.map(([name = "", ...answers]) => {
    const isAddress = /^[\d.]+$|:/.test(name);
    const lines = isAddress ? [`${name}    ${answers.join(" ")}`] : answers.map((it) => `${it} STREAM`);
    return `'${isAddress ? "hosts" : "ahosts"} ${name}') printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")} ;;`;
  });
  const getent = join(folder, "getent");
  writeFileSync(getent, `#!/bin/sh\ncase "$1 $2" in\n${cases.join("\n")}\n*) exit 2 ;;\nesac\n`);
  chmodSync(getent, 0o755);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function exitCodeFor(...args: readonly string[]): number | null {
  const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  return spawnSync(COMMAND, args, { cwd: folder, env, encoding: "utf8" }).status;
}

it.each(["192.0.2.1", "2001:db8::1"])("lets %s be, which is Google's", (address) => {
  expect(exitCodeFor(address)).toBe(0);
});

it.each([
  "192.0.2.2",
  "192.0.2.3",
  "192.0.2.4",
  "192.0.2.5",
  "192.0.2.6",
  "192.0.2.7",
  "192.0.2.8",
  "192.0.2.10",
])("does not take %s for Google's", (address) => {
  expect(exitCodeFor(address)).toBe(1);
});

it.each(["", "-x", "crawl.googlebot.com", "192.0.2.1; true", "192.0.2.1\nx"])("refuses %j", (address) => {
  expect(exitCodeFor(address)).toBe(2);
});

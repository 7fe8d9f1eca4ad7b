import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseIni } from "../../src/config/ini";
import { readConfiguration } from "../../src/config";
import { foldStream } from "../../src/daemon";
import { demand, demandSame, type FuzzTarget } from "../target";
import { readConfigFiles } from "./samples";

const FILES = ["jail.local", "filter.d/f.conf", "action.d/a.conf", "fail2ban.local"];
const JAIL =
  "[DEFAULT]\nx = 1\n[j]\nenabled = true\nfilter = f[a=1]\naction = a[b=2]\nlogpath = /nonexistent/x\n";
const FILTER = "[INCLUDES]\nbefore = part.conf\n[Definition]\nfailregex = ^<a> %(part)s <HOST>$\n";
const ACTION = "[Definition]\nactionban = echo <ip> <b>\n[Init]\nb = %(c)s\nc = <name>\n";
let folder: string | undefined;

/** A tree of files, divided by NUL bytes: whatever they say, there is a stream and a list of problems. */
export const config: FuzzTarget = {
  name: "config",
  seeds: () => [
    Buffer.from([JAIL, FILTER, ACTION, "[Definition]\nloglevel = INFO\n"].join("\0")),
    ...readConfigFiles("filter.d").map((file) => Buffer.from(`${JAIL}\0${file.toString("utf8")}\0${ACTION}`)),
    ...readConfigFiles("action.d").map((file) => Buffer.from(`${JAIL}\0${FILTER}\0${file.toString("utf8")}`)),
    ...readConfigFiles(".").map((file) => Buffer.from(`${file.toString("utf8").slice(0, 6000)}\n${JAIL}`)),
  ],
  words: [
    "[DEFAULT]\n",
    "[Definition]\n",
    "[Init]\n",
    "[INCLUDES]\n",
    "[j]\n",
    "enabled = true\n",
    "before = ",
    "%(x)s",
    "%(known/x)s",
    "%(__name__)s",
    "%%",
    "%(x",
    "<x>",
    "<known/failregex>",
    "<F-USER>",
    "f[a='b,c']",
    "\n ",
    "\n	",
    " ; ",
    " # ",
    " = ",
    ": ",
    "[x?y=1]",
    "logpath = /nonexistent/*\n",
    "bantime = 1d 2h\n",
    "filter = f\n",
    "action = %(action_)s\n",
    "x = %(y)s\ny = %(x)s\n",
    "<x><y>",
    "file:",
    "\u2028",
    "﻿",
    "é",
    "bantime.increment = true\n",
    "bantime.formula = ban.Time * 2\n",
    "ignoreip = 192.0.2.0/24 ::1\n",
  ],
  check: (input) => {
    const parts = splitParts(input);
    parts.forEach((part) => checkIni(part));
    const directory = prepare(parts);
    const { stream, problems, logPatterns } = readConfiguration({
      directory,
      tolerateMissingLogs: true,
      version: "1",
    });
    const folded = foldStream(stream, logPatterns);
    for (const { message } of [...problems, ...folded.problems]) {
      demand(message !== "" && !/\bat .*:\d+:\d+\)?$/m.test(message), `the message is "${message}"`);
      demand(!/Cannot read prop|is not a function|undefined is not/.test(message), `inner error: ${message}`);
    }
  },
  close: () => {
    rmSync(folder ?? "", { recursive: true, force: true });
    folder = undefined;
  },
};

/** What stands on the lines of a file is in its sections, each value with a line that exists. */
function checkIni(text: string): void {
  const lines = text.split(/\r\n|\r|\n/).length;
  const { sections, defaults, problems } = parseIni(text, "x.conf");
  for (const options of [defaults, ...sections.values()]) {
    demandSame([...options.keys()].length, new Set(options.keys()).size, "an option is there twice");
  }
  for (const { origin } of problems) {
    demand(origin === undefined || (origin.line >= 1 && origin.line <= lines), "a problem stands nowhere");
  }
}

/** Files on the disk of this machine shall not be read because of what is written by chance. */
function splitParts(input: Buffer): string[] {
  const parts = input.toString("utf8").split("\0").slice(0, FILES.length);
  const isRisky = (line: string): boolean => /path|file|before|after/.test(line);
  return parts.map((part) =>
    part
      .split("\n")
      .map((line) => (isRisky(line) ? line.replace(/\/|\.\./g, "_") : line))
      .join("\n"),
  );
}

function prepare(parts: readonly string[]): string {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), "warder-fuzz-"));
    ["filter.d", "action.d"].forEach((name) => mkdirSync(join(folder ?? "", name)));
    writeFileSync(join(folder, "jail.conf"), "[DEFAULT]\n");
    writeFileSync(join(folder, "filter.d/part.conf"), "[DEFAULT]\npart = x\n");
  }
  FILES.forEach((name, i) => writeFileSync(join(folder ?? "", name), parts[i] ?? "[Definition]\n"));
  return folder;
}

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compilePattern, parsePattern, requiredLiterals, type LiteralClause } from "../../src/regex";
import { askPython, findPython, type Case } from "./python-re.testing";

const CLIENT = "/usr/bin/fail2ban-client";
const PYTHON = "/usr/bin/python3";
const CONFIG = "/etc/fail2ban";
const MODES = ["aggressive", "ddos", "extra", "more", "normal"];

/**
 * Reads the dump of a configuration, lets fail2ban itself expand the tags of each regex, and gives every regex
 * with the sample lines of its filter: without their date, and the part that a prefregex passes on.
 */
const COLLECT = `
import ast, json, os, re, sys
sys.path.insert(0, "/usr/lib/python3/dist-packages")
import fail2ban
from fail2ban.server.datedetector import DateDetector, DateDetectorCache
from fail2ban.server.failregex import Regex
logs = os.path.join(os.path.dirname(fail2ban.__file__), "tests", "files", "logs")
def texts_of(name):
    path = os.path.join(logs, name)
    if not os.path.isfile(path):
        return []
    detector = DateDetector()
    detector.addDefaultTemplate()
    texts = []
    for line in open(path, encoding="utf-8", errors="replace"):
        line = line.rstrip("\\r\\n")
        if not line or line.startswith("#"):
            continue
        found, _ = detector.matchTime(line)
        texts.append((line[:found.start(1)] + line[found.end(1):] if found else line) + "\\n")
    return texts
multiline, regexes, prefixes, cases = set(), {}, {}, []
for line in sys.stdin:
    command = ast.literal_eval(line)
    if len(command) < 4:
        continue
    jail, key, value = command[1:4]
    if key == "maxlines" and int(value) > 1:
        multiline.add(jail)
    elif key == "prefregex":
        prefixes[jail] = Regex(value)
    elif key in ("addfailregex", "addignoreregex"):
        values = value if isinstance(value, list) else [value]
        for one in values:
            regexes.setdefault(jail, []).append(Regex(one, multiline=jail in multiline and key == "addfailregex"))
for jail, compiled in regexes.items():
    texts = texts_of(jail.split("--")[0])
    prefix = prefixes.get(jail)
    if prefix:
        passed = [prefix._regexObj.search(text) for text in texts]
        groups = [found.groupdict() for found in passed if found]
        contents = [group["content"] + "\\n" for group in groups if group.get("content")]
        cases.append({"pattern": prefix._regex, "multiline": False, "texts": texts})
        texts = contents or texts
    # Some names beyond ASCII, so that both ways to match are used.
    texts = texts + [text.replace("user", "us\\u00e9r") for text in texts if "user" in text][:20]
    for regex in compiled:
        is_multiline = bool(regex._regexObj.flags & re.M)
        cases.append({"pattern": regex._regex, "multiline": is_multiline, "texts": texts})
some = [text for case in cases[::20] for text in case["texts"][:5]]
dated = [line.rstrip("\\n") for name in ("sshd", "postfix", "asterisk") for line in open(os.path.join(logs, name))]
for template in DateDetectorCache().templates:
    cases.append({"pattern": template.regex, "multiline": False, "texts": some + dated})
json.dump(cases, sys.stdout)
`;

const missing = [CLIENT, PYTHON, CONFIG].filter((path) => !existsSync(path));
if (missing.length > 0 || findPython() === undefined) {
  console.warn(`SKIPPED regex-filters: no ${missing.join(", ") || "python3 of version 3.11 or later"}`);
}

let folder = "";
let cases: readonly Case[] = [];

/** A copy of the installed configuration, with a jail for each filter in each of its modes. */
function writeConfig(): void {
  cpSync(CONFIG, folder, { recursive: true, dereference: true });
  rmSync(join(folder, "jail.d"), { recursive: true, force: true });
  rmSync(join(folder, "jail.local"), { force: true });
  const filters = readdirSync(join(folder, "filter.d"))
    .filter((file) => file.endsWith(".conf") && !file.endsWith("common.conf"))
    .map((file) => file.slice(0, -".conf".length));
  const jails = filters.flatMap((filter) => [
    `[${filter}--plain]\nfilter=${filter}`,
    `[${filter}--journal]\nfilter=${filter}[logtype=journal]`,
    ...MODES.map((mode) => `[${filter}--${mode}]\nfilter=${filter}[mode=${mode}]`),
  ]);
  const head = "[DEFAULT]\nbackend=polling\nlogpath=/dev/null\nenabled=true\naction=";
  writeFileSync(join(folder, "jail.conf"), [head, ...jails].join("\n\n"));
}

/** Each pattern once; most modes change few of them. */
function withoutRepeats(all: readonly Case[]): readonly Case[] {
  return [...new Map(all.map((one) => [`${one.multiline} ${one.pattern}`, one])).values()];
}

function holds(clause: LiteralClause, text: string): boolean {
  const seen = clause.ignoreCase ? text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : text;
  return clause.texts.some((wanted) => seen.includes(wanted));
}

describe.skipIf(missing.length > 0 || findPython() === undefined)("regexes of the installed filters", () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "regex-filters-"));
    writeConfig();
    const dump = execFileSync(CLIENT, ["-c", folder, "-d"], {
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const options = { input: dump, encoding: "utf8", maxBuffer: 1 << 28 } as const;
    cases = withoutRepeats(JSON.parse(execFileSync(PYTHON, ["-c", COLLECT], options)) as readonly Case[]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("find in the sample lines what they find in Python, and contain what they are said to require", () => {
    expect(cases.length).toBeGreaterThan(300);
    let matches = 0;
    askPython(cases).forEach((answer, i) => {
      const { pattern: source, texts, multiline } = cases[i]!;
      const pattern = parsePattern(source, { multiline: multiline ?? false });
      const matcher = compilePattern(pattern);
      const clauses = requiredLiterals(pattern);
      texts.forEach((text, k) => {
        const want = "spans" in answer ? answer.spans[k] : undefined;
        const found = matcher.execSpans(text);
        const got = found
          ? Array.from({ length: pattern.groupCount + 1 }, (_, g) => {
              const span = found.span(g);
              return [span?.start ?? -1, span?.end ?? -1];
            })
          : null;
        expect(got, `${source}\n${text}`).toEqual(want);
        expect(matcher.exec(text)?.group(0)).toBe(found?.group(0));
        if (found) {
          matches += 1;
          expect(
            clauses.every((clause) => holds(clause, text)),
            `${source}\n${text}`,
          ).toBe(true);
        }
      });
    });
    expect(matches).toBeGreaterThan(1000);
  });
});

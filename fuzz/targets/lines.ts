import { readdirSync } from "node:fs";
import { join } from "node:path";
import { chooseFilter } from "../../src/cli/regex/filter-choice";
import { createDateDetector } from "../../src/date";
import {
  BlockScanner,
  compileFilter,
  failureOf,
  JailFilter,
  type CompiledFilter,
  type Hit,
} from "../../src/filter";
import { demandSame, type FuzzTarget } from "../target";
import { readSampleLines } from "./samples";

const CLOCK = { now: 1_795_305_600, findtime: 86_400 * 365, phase: "operation", checkTimes: true } as const;
let filters: readonly { readonly name: string; readonly filter: CompiledFilter; readonly dates: string }[] =
  [];

/** The number of a shipped filter and a block of lines: the quick way through it finds what the plain way finds. */
export const lines: FuzzTarget = {
  name: "lines",
  seeds: () => {
    const samples = readSampleLines();
    return listFilters().flatMap(({ name }, i) =>
      (samples.get(name) ?? []).slice(0, 6).map((line) => Buffer.from(`${String.fromCharCode(i)}${line}\n`)),
    );
  },
  words: [
    ..."192.0.2.1|2001:db8::1|host.example.com|\n|\r\n|\r|\0|\u2028|\v|\ufffd|ſ|\u212a|é| |:|[|]|\"|'|,|=|{|}".split(
      "|",
    ),
    ...'from |user |root|sshd[1]: |Failed password for |[client |" 404 |rhost=|SRC=|Nov 21 00:46:30 '.split(
      "|",
    ),
  ],
  check: (input) => {
    const list = listFilters();
    const chosen = list[(input[0] ?? 0) % list.length];
    if (!chosen) {
      throw new Error("no filters");
    }
    const bytes = Buffer.concat([input.subarray(1), Buffer.from("\n")]);
    const found: Hit[] = [];
    const watcher = {
      filter: new JailFilter(chosen.filter, createDateDetector({ datepattern: chosen.dates })),
      options: () => ({ clock: CLOCK }),
      hits: (hits: readonly Hit[]) => void found.push(...hits),
    };
    const text = bytes.toString("latin1");
    new BlockScanner([watcher]).scan({
      text,
      length: text.length,
      part: (start, end) => text.slice(start, end),
      copyBytes: (target, start, end) => target.set(bytes.subarray(start, end)),
      decode: (start, end) => Buffer.from(text.slice(start, end), "latin1").toString("utf8"),
    });
    const plain = new JailFilter(chosen.filter, createDateDetector({ datepattern: chosen.dates }));
    const expected = text
      .split("\n")
      .slice(0, -1)
      .map((line) => Buffer.from(line, "latin1").toString("utf8").replace(/\r$/, ""))
      .flatMap((line) => plain.feedLine(line, { clock: CLOCK }));
    demandSame(found.map(show), expected.map(show), `filter ${chosen.name}`);
  },
};

function show(hit: Hit): unknown {
  return { ...hit, failure: failureOf(hit), groups: [...hit.groups] };
}

/** Filters that keep sessions or windows of lines are left out: their plain way has to remember lines as well. */
function listFilters(): typeof filters {
  if (filters.length === 0) {
    const tree = join(process.cwd(), "config");
    filters = readdirSync(join(tree, "filter.d"))
      .filter((name) => name.endsWith(".conf") && !name.includes("common"))
      .map((file) => {
        const settings = chooseFilter(join(tree, "filter.d", file), tree, "file").read();
        const { maxlines = 1 } = settings;
        const filter = compileFilter({ ...settings, maxlines, usedns: "raw" });
        return { name: file.slice(0, -5), filter, dates: settings.datepattern?.text ?? "" };
      });
  }
  return filters;
}

import { createDateDetector } from "../../date";
import { compileFilter, JailFilter } from "../../filter";
import type { FilterSpec, UseDns } from "../../model";
import { systemClock, systemResolver, type Resolver } from "../../platform";
import type { ClientIo } from "../client-io";
import { Examination, type ExaminationNeeds } from "./examination";
import { chooseFilter, type FilterSettings } from "./filter-choice";
import { filterLines, shorten, TITLE, useLine } from "./header";
import { examineLog } from "./examine-log";
import { chooseLog } from "./log-choice";
import type { LineKind, RegexOptions } from "./options";
import { RowPrinter } from "./row-printer";
import { countPrefix } from "./prefix";
import { formatReport } from "./report";
import type { RegexStatistic } from "./statistics";

/** One run of the tool. */
export interface RegexRun {
  readonly options: RegexOptions;
  readonly io: ClientIo;
  readonly log: string;
  readonly regex: string;
  readonly ignoreregex: string | undefined;
}

/** Lists up to this length are printed unasked. */
const LIMIT = 20;

/** A filter ready to be tried, and what it was made of. */
export interface Prepared {
  readonly settings: FilterSettings;
  readonly filter: JailFilter;
  readonly prefix: RegexStatistic | undefined;
  readonly limit: number;
}

/** Tries a filter on a log and prints the report. Throws `WarderError` and what opening the log throws. */
export async function testFilter(run: RegexRun): Promise<void> {
  const { options, io } = run;
  const say = options.out === undefined ? io.out : () => {};
  say(TITLE);
  const log = chooseLog(run.log);
  const settings = readSettings(run, log.type === "journal" ? "journal" : "file", say);
  const prepared = prepare(settings, options);
  const time = systemClock({ background: true });
  const surroundings = { now: time.now(), resolver: systemResolver(time) };
  const printer = makePrinter(run, prepared, surroundings);
  const examination = makeExamination(options, prepared, { ...surroundings, printer });
  const started = performance.now();
  await examineLog(log, examination, { settings, options, say });
  if (printer) {
    printer.flush();
    return;
  }
  const { filter, limit } = prepared;
  const seconds = (performance.now() - started) / 1000;
  const templates = log.type === "journal" ? undefined : filter.detector.templates;
  const multiline = filter.compiled.maxlines > 1;
  io.out(formatReport({ examination, options, templates, seconds, limit, multiline }));
}

/** Compiles what was read. Throws `WarderError`. */
export function prepare(settings: FilterSettings, options: RegexOptions): Prepared {
  const { datepattern } = settings;
  const detector = createDateDetector({
    ...(datepattern ? { datepattern: datepattern.text } : {}),
    ...zoneOf(options, settings),
  });
  const compiled = compileFilter(specOf(settings, options));
  const prefix = countPrefix(compiled, options.verbose > 0);
  const limit = Math.max(LIMIT, options.maxlines ?? 0);
  return {
    settings,
    filter: new JailFilter(compiled, detector, prefix?.listener),
    prefix: prefix?.statistic,
    limit,
  };
}

interface Surroundings {
  /** Seconds since 1970. */
  readonly now: number;
  readonly resolver: Resolver;
}

function makePrinter(
  { options, io }: RegexRun,
  { settings, filter }: Prepared,
  { now, resolver }: Surroundings,
): RowPrinter | undefined {
  const { out, invert } = options;
  const isZoned = "logtimezone" in zoneOf(options, settings);
  const needs = { invert, isZoned, compiled: filter.compiled, resolver, now, write: io.out };
  return out === undefined ? undefined : new RowPrinter(out, needs);
}

function makeExamination(
  options: RegexOptions,
  { filter, prefix, limit }: Prepared,
  { now, resolver, printer }: Surroundings & { readonly printer: RowPrinter | undefined },
): Examination {
  return new Examination({
    filter,
    prefix,
    feed: {
      clock: { now, findtime: 0, phase: "operation", checkTimes: false },
      // What is printed as it comes is printed once.
      checkAll: options.checkAll && !printer,
      isBare: options.verbose === 0 && !printer && filter.compiled.maxlines === 1,
    },
    // A line may still turn out to be part of a match of several lines.
    keep: keptLines(options, limit + filter.compiled.maxlines),
    resolve: (host) => resolver.addressesOf(host),
    ...(printer ? { out: (...found) => printer.take(...found) } : {}),
  });
}

/** Reads the filter and tells what is used, in the order in which it becomes known. Throws `WarderError`. */
export function readSettings(
  { options, regex, ignoreregex }: RegexRun,
  logtype: "file" | "journal",
  say: (text: string) => void,
): FilterSettings {
  zoneCheck(options);
  if (options.maxlines !== undefined) {
    say(useLine("maxlines", String(options.maxlines)));
  }
  if (options.datepattern !== undefined) {
    say(patternLine(options.datepattern));
  }
  const choice = chooseFilter(regex, options.config, logtype);
  say(filterLines(choice));
  const settings = choice.read();
  if (options.maxlines !== undefined) {
    settings.maxlines = options.maxlines;
  } else if (settings.maxlines !== undefined) {
    say(useLine("maxlines", String(settings.maxlines)));
  }
  if (options.datepattern !== undefined) {
    settings.datepattern = { text: options.datepattern };
  } else if (settings.datepattern !== undefined) {
    say(patternLine(settings.datepattern.text));
  }
  if (ignoreregex !== undefined) {
    settings.ignoreregex = [{ text: ignoreregex }];
    say(useLine("ignoreregex line", shorten(ignoreregex)));
  }
  return settings;
}

function zoneCheck(options: RegexOptions): void {
  if (options.timezone !== undefined) {
    createDateDetector({ logtimezone: options.timezone });
  }
}

function patternLine(datepattern: string): string {
  const [, name] = createDateDetector({ datepattern }).patternInfo();
  return useLine("datepattern", `${datepattern} : ${name}`);
}

function zoneOf(options: RegexOptions, settings: FilterSettings): { logtimezone?: string } {
  const logtimezone = options.timezone ?? settings.logtimezone;
  return logtimezone === undefined ? {} : { logtimezone };
}

function specOf(settings: FilterSettings, options: RegexOptions): FilterSpec {
  const { prefregex, failregex, ignoreregex, maxlines = 1 } = settings;
  const usedns = options.raw ? "raw" : toUseDns(options.usedns ?? settings.usedns);
  return { ...(prefregex ? { prefregex } : {}), failregex, ignoreregex, maxlines, usedns };
}

/** As fail2ban takes it: what it does not know is `warn`. */
function toUseDns(text = "warn"): UseDns {
  return text === "yes" || text === "no" || text === "raw" ? text : "warn";
}

function keptLines(options: RegexOptions, some: number): ExaminationNeeds["keep"] {
  const kept = (kind: LineKind): number =>
    ({ none: 0, some, all: Number.POSITIVE_INFINITY })[options.print[kind]];
  const details = options.verbose > 0 ? Number.POSITIVE_INFINITY : 0;
  return { matched: kept("matched"), ignored: kept("ignored"), missed: kept("missed"), details };
}

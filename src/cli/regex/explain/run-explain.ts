import { messageOf, WarderError } from "../../../model";
import { systemClock, systemResolver } from "../../../platform";
import type { ClientIo } from "../../client-io";
import { examineLog } from "../examine-log";
import { Examination } from "../examination";
import { chooseLog } from "../log-choice";
import { parseRegexOptions, type RegexOptions } from "../options";
import { runRegex } from "../run";
import { prepare, readSettings, type RegexRun } from "../test-filter";
import { Explainer, type LineReport } from "./explanation";
import { LineFormatter, showText } from "./format";

/** Lines of one kind that are shown unless all are asked for. */
const SHOWN = 20;
const FAILED = 255;
const KEEP_NOTHING = { matched: 0, ignored: 0, missed: 0, details: 0 };

/**
 * `warder regex`: says for each line what a filter finds in it and where, or how far its regexes got. Takes the options
 * of `fail2ban-regex`, `--json` and `--color`; with `-o` it does just what that does. Gives the exit status.
 */
export async function explainRegex(
  args: readonly string[],
  io: ClientIo,
  surroundings: { readonly isTerminal: boolean },
): Promise<number> {
  const json = args.includes("--json");
  const isColoured = surroundings.isTerminal || args.includes("--color");
  const rest = args.filter((word) => word !== "--json" && word !== "--color");
  const call = parseRegexOptions(rest);
  const [log, regex, ignoreregex, ...more] = call.type === "run" ? call.options.words : [];
  if (call.type !== "run" || call.options.out !== undefined || !log || !regex || more.length > 0) {
    return runRegex(rest, io);
  }
  try {
    const { options } = call;
    await explainLog({ options, io, log, regex, ignoreregex }, { json, isColoured });
    return 0;
  } catch (error) {
    if (error instanceof WarderError || (error instanceof Error && "syscall" in error)) {
      io.err(`warder: ${messageOf(error)}\n`);
      return FAILED;
    }
    throw error;
  }
}

interface Manner {
  readonly json: boolean;
  readonly isColoured: boolean;
}

async function explainLog(run: RegexRun, manner: Manner): Promise<void> {
  const { options, io } = run;
  const log = chooseLog(run.log);
  const quiet = (): void => {};
  const settings = readSettings(run, log.type === "journal" ? "journal" : "file", quiet);
  const { filter } = prepare(settings, options);
  const time = systemClock({ background: true });
  const resolver = systemResolver(time);
  const explainer = new Explainer(filter, time.now());
  const summary = new Summary(
    filter.compiled.failregex.map(({ source }) => source.text),
    options,
    manner,
  );
  const examination = new Examination({
    filter,
    prefix: undefined,
    feed: {
      clock: { now: time.now(), findtime: 0, phase: "operation", checkTimes: false },
      checkAll: options.checkAll,
    },
    keep: KEEP_NOTHING,
    resolve: (host) => resolver.addressesOf(host),
    out: (line, findings, ignored) => {
      const why = summary.isShown("missed");
      io.out(summary.take(explainer.explain(line, findings, ignored, why)));
      return undefined;
    },
  });
  await examineLog(log, examination, { settings, options, say: quiet });
  io.out(summary.finish());
}

/** Counts lines and shows the first of each kind, or as many as are asked for. */
class Summary {
  readonly #counts = { matched: 0, ignored: 0, missed: 0 };
  readonly #hits: number[];
  readonly #regexes: readonly string[];
  readonly #options: RegexOptions;
  readonly #json: boolean;
  readonly #formatter: LineFormatter;

  constructor(regexes: readonly string[], options: RegexOptions, { json, isColoured }: Manner) {
    this.#regexes = regexes;
    this.#hits = regexes.map(() => 0);
    this.#options = options;
    this.#json = json;
    this.#formatter = new LineFormatter(isColoured);
  }

  isShown(kind: LineReport["result"]): boolean {
    const rule = this.#options.print[kind];
    return rule === "all" || (rule === "some" && (this.#json || this.#counts[kind] < SHOWN));
  }

  /** What is to be printed of a line. */
  take(report: LineReport): string {
    const isShown =
      this.isShown(report.result) || (report.result === "matched" && this.#counts.matched < SHOWN);
    this.#counts[report.result]++;
    for (const { failregex } of report.result === "matched" ? report.found : []) {
      this.#hits[failregex - 1] = (this.#hits[failregex - 1] ?? 0) + 1;
    }
    if (this.#json) {
      return `${JSON.stringify(report)}\n`;
    }
    return isShown ? this.#formatter.format(report) : "";
  }

  finish(): string {
    const { matched, ignored, missed } = this.#counts;
    const failregex = this.#regexes.map((regex, i) => ({ regex, hits: this.#hits[i] ?? 0 }));
    if (this.#json) {
      return `${JSON.stringify({ lines: matched + ignored + missed, ...this.#counts, failregex })}\n`;
    }
    const used = failregex.map(({ regex, hits }, i) => `  ${i + 1}) [${hits}] ${showText(regex)}\n`);
    const total = `${matched + ignored + missed} lines: ${matched} matched, ${ignored} ignored, ${missed} missed\n`;
    return `\n${total}${used.filter((_, i) => failregex[i]?.hits !== 0).join("")}`;
  }
}

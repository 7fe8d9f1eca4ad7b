import type { TemplateReport } from "../../date";
import { formatDebuggex } from "./debuggex";
import type { Examination } from "./examination";
import type { LineKind, RegexOptions } from "./options";
import type { LineList, RegexStatistic } from "./statistics";

/** How many captures of the prefregex are shown. */
const PREFIX_DETAILS = 20;

/** All that a report is made of. */
export interface ReportInput {
  readonly examination: Examination;
  readonly options: RegexOptions;
  /** Date templates; absent for the journal. */
  readonly templates: readonly TemplateReport[] | undefined;
  readonly seconds: number;
  /** Lists longer than this are printed only when asked for. */
  readonly limit: number;
  readonly multiline: boolean;
}

/** The report, from `Results` to its end. */
export function formatReport(input: ReportInput): string {
  const { examination, options } = input;
  const { matched, ignored, missed, lines } = examination;
  const counts = `Lines: ${lines} lines, ${ignored.count} ignored, ${matched.count} matched, ${missed.count} missed`;
  return [
    "\nResults\n=======\n",
    ...(examination.prefix ? [formatPrefix(examination.prefix, options)] : []),
    formatRegexes("Failregex", examination.failregex, options),
    formatRegexes("Ignoreregex", examination.ignoreregex, options),
    ...(input.templates ? [formatTemplates(input.templates, options)] : []),
    `\n${counts}\n[processed in ${input.seconds.toFixed(2)} sec]\n`,
    formatLists(input),
  ].join("");
}

function formatPrefix(prefix: RegexStatistic, options: RegexOptions): string {
  const shown = options.verbose > 0 ? prefix.details : [];
  const more = shown.length > PREFIX_DETAILS ? ["|      ..."] : [];
  const details = shown.slice(0, PREFIX_DETAILS).map((detail) => `|      ${detail}`);
  return `\nPrefregex: ${prefix.total} total\n${[`|  ${prefix.pattern}`, ...details, ...more, "`-"].join("\n")}\n`;
}

function formatRegexes(
  title: string,
  statistics: readonly RegexStatistic[],
  { verbose }: RegexOptions,
): string {
  const total = statistics.reduce((sum, statistic) => sum + statistic.total, 0);
  const lines = statistics.flatMap((statistic, i) =>
    statistic.total > 0 || verbose > 0
      ? [
          `|  ${String(i + 1).padStart(2)}) [${statistic.total}] ${statistic.source}`,
          ...statistic.details.map((detail) => `|      ${detail}`),
        ]
      : [],
  );
  const list = lines.length > 0 ? ["|-  #) [# of hits] regular expression", ...lines, "`-"] : [];
  return `\n${[`${title}: ${total} total`, ...list].join("\n")}\n`;
}

function formatTemplates(templates: readonly TemplateReport[], options: RegexOptions): string {
  const lines = templates.flatMap((template) =>
    template.hits > 0 || options.verbose > 0
      ? [`|  [${template.hits}] ${template.name}`, ...(options.verboseDate ? templateDetails(template) : [])]
      : [],
  );
  const list = lines.length > 0 ? ["|- [# of hits] date format", ...lines, "`-"] : [];
  return `\n${["Date template hits:", ...list].join("\n")}\n`;
}

function templateDetails({ weight, merit, pattern, regex }: TemplateReport): string[] {
  const weights = `# weight: ${merit.toFixed(3)} (${weight.toFixed(3)}), pattern: ${pattern ?? ""}`;
  return [`|      ${weights}`, `|      # regex:   ${regex}`];
}

function formatLists(input: ReportInput): string {
  const { matched, ignored, missed } = input.examination;
  const lists = [
    formatList("matched", matched, input),
    formatList("ignored", ignored, input),
    formatList("missed", missed, input),
  ].flat();
  return `\n${lists.map((line) => `${line}\n`).join("")}`;
}

function formatList(kind: LineKind, list: LineList, input: ReportInput): string[] {
  const rule = input.options.print[kind];
  if (rule === "none" || list.count === 0) {
    return [];
  }
  const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)} line(s):`;
  if (rule === "some" && list.count > input.limit) {
    return [`${title} too many to print.  Use --print-all-${kind} to print all ${list.count} lines`];
  }
  const lines = input.options.debuggex ? withAddresses(kind, list.lines, input) : list.lines;
  return lines.length === 0 ? [] : [`|- ${title}`, ...lines.map((line) => `|  ${line.trimEnd()}`), "`-"];
}

function withAddresses(kind: LineKind, lines: readonly string[], input: ReportInput): string[] {
  const { failregex, ignoreregex } = input.examination;
  const regexes = kind === "ignored" ? ignoreregex : failregex;
  return lines.flatMap((line) =>
    regexes.map(
      ({ source, pattern }) => `${line} | ${source} |  ${formatDebuggex(pattern, line, input.multiline)}`,
    ),
  );
}

import { calendarTemplate, epochTemplate, taiTemplate, type DateTemplate } from "./template";

const NAMED = "(?:%a )?%b %d %k:%M:%S(?:\\.%f)?(?: %ExY)?";

/** The formats looked for when none is configured, in order; EPOCH and TAI64N stand for themselves. */
export const DEFAULT_PATTERNS: readonly string[] = [
  "%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T|  ?)%H:%M:%S(?:[.,]%f)?(?:\\s*%z)?",
  NAMED,
  "(?:%a )?%b %d %ExY %k:%M:%S(?:\\.%f)?",
  "%d(?P<_sep>[-/])%m(?P=_sep)(?:%ExY|%Exy) %k:%M:%S",
  "%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\\.%f)?(?: %z)?",
  "%m/%d/%ExY:%H:%M:%S",
  "%m-%d-%ExY %k:%M:%S(?:\\.%f)?",
  "EPOCH",
  "{^LN-BEG}%H:%M:%S",
  "^<%m/%d/%Exy@%H:%M:%S>",
  "%Exy%Exm%Exd  ?%H:%M:%S",
  "%b %d, %ExY %I:%M:%S %p",
  "^%b-%d-%Exy %k:%M:%S",
  "%ExY%Exm%Exd(?:-|T|  ?)%ExH:?%ExM:?%ExS(?:[.,]%f)?(?:\\s*%z)?",
  `(?:%Z )?${NAMED}`,
  `(?:%z )?${NAMED}`,
  "TAI64N",
];
/** A line-begin format outweighs others by so much. */
const LINE_WEIGHT = 100;
const LINE_PREFIX = "{^LN-BEG}";

/** Line-begin forms of the formats that say nothing of their place. */
const LINE_BEGIN = DEFAULT_PATTERNS.filter((pattern) => !hasOwnBegin(pattern)).map(
  (pattern) => [LINE_PREFIX + pattern, makeTemplate(LINE_PREFIX + pattern, LINE_WEIGHT)] as const,
);
const ANYWHERE = DEFAULT_PATTERNS.map((pattern) => [pattern, makeTemplate(pattern, 1)] as const);
const BY_PATTERN = new Map([...LINE_BEGIN, ...ANYWHERE]);

/** The 31 templates of the default list: first the line-begin forms, then each format anywhere. */
export const DEFAULT_TEMPLATES: readonly DateTemplate[] = [...BY_PATTERN.values()];
const KNOWN_GOOD: ReadonlySet<DateTemplate> = new Set(DEFAULT_TEMPLATES);

/** The 17 templates that `{^LN-BEG}` alone stands for. */
export const LINE_BEGIN_TEMPLATES: readonly DateTemplate[] = [
  ...LINE_BEGIN,
  ...ANYWHERE.filter(([pattern]) => hasOwnBegin(pattern)),
].map(([, template]) => template);

/** Whether the template is of the default list itself, whose regexes are known to be valid. */
export function isDefault(template: DateTemplate): boolean {
  return KNOWN_GOOD.has(template);
}

/** The pattern of a line with each default format in place of its `{DATE}`. */
export function datedTemplates(line: string, marker: RegExp): DateTemplate[] {
  const prefix = line.slice(0, line.search(marker));
  const isBare = ["", "^", LINE_PREFIX].includes(prefix) && line.length === prefix.length + "{DATE}".length;
  return DEFAULT_PATTERNS.map((pattern) => {
    if (pattern.includes("%")) {
      const format = pattern.startsWith(LINE_PREFIX) ? pattern.slice(LINE_PREFIX.length) : pattern;
      return templateOf(line.replaceAll(marker, () => format));
    }
    return isBare ? templateOf(prefix + pattern) : calendarTemplate(line.replaceAll(marker, nameOf(pattern)));
  });
}

/**
 * The template of a pattern, or of EPOCH, LEPOCH and TAI64N, which are none, maybe with a line-begin prefix.
 * One that the default list has is that one, its weight included.
 * DIFFERS: in fail2ban so only after some jail of the process has used the default list.
 */
export function templateOf(pattern: string): DateTemplate {
  return BY_PATTERN.get(pattern) ?? makeTemplate(pattern, 1);
}

function makeTemplate(pattern: string, weight: number): DateTemplate {
  const bare = pattern.startsWith(LINE_PREFIX)
    ? pattern.slice(LINE_PREFIX.length)
    : pattern.replace(/^\^/, "");
  const begin = bare === pattern ? "free" : "line";
  switch (bare) {
    case "EPOCH":
    case "LEPOCH":
      return epochTemplate(bare === "LEPOCH", begin, weight);
    case "TAI64N":
      return taiTemplate(begin, weight);
    default:
      return calendarTemplate(pattern, weight);
  }
}

function hasOwnBegin(pattern: string): boolean {
  return pattern.startsWith("^") || pattern.startsWith(LINE_PREFIX);
}

function nameOf(pattern: string): string {
  return pattern === "EPOCH" ? "Epoch" : pattern;
}

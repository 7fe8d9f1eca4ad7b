/** What an option sets. */
export type OptionKind =
  | "help"
  | "version"
  | "short-version"
  | "config"
  | "datepattern"
  | "timezone"
  | "encoding"
  | "raw"
  | "usedns"
  | "maxlines"
  | "journalmatch"
  | "log-level"
  | "verbose"
  | "verbose-date"
  | "debuggex"
  | "no-check-all"
  | "out"
  | "invert"
  | "print-no-missed"
  | "print-no-ignored"
  | "print-all-matched"
  | "print-all-missed"
  | "print-all-ignored"
  | "log-traceback"
  | "full-traceback";

/** One option: its names, what it sets, what it takes, and what the help says of it. */
export interface OptionRule {
  readonly names: readonly string[];
  readonly kind: OptionKind;
  readonly takes?: "text" | "number";
  /** How the help names the value. */
  readonly value?: string;
  readonly help: string;
}

/** All options, in the order of the help. */
export const OPTIONS: readonly OptionRule[] = [
  { names: ["--version"], kind: "version", help: "print name and version" },
  { names: ["-h", "--help"], kind: "help", help: "print this" },
  {
    names: ["-c", "--config"],
    kind: "config",
    takes: "text",
    value: "DIR",
    help: "configuration folder (/etc/fail2ban)",
  },
  {
    names: ["-d", "--datepattern"],
    kind: "datepattern",
    takes: "text",
    value: "PATTERN",
    help: "date format of the lines, in place of the filter's",
  },
  {
    names: ["--timezone", "--TZ"],
    kind: "timezone",
    takes: "text",
    value: "ZONE",
    help: "zone of dates that carry none, such as UTC+0200",
  },
  {
    names: ["-e", "--encoding"],
    kind: "encoding",
    takes: "text",
    value: "NAME",
    help: "encoding of the file (UTF-8)",
  },
  { names: ["-r", "--raw"], kind: "raw", help: "take host names as they are, resolve none" },
  {
    names: ["--usedns"],
    kind: "usedns",
    takes: "text",
    value: "MODE",
    help: "host names in place of addresses: yes, warn, no or raw",
  },
  {
    names: ["-L", "--maxlines"],
    kind: "maxlines",
    takes: "number",
    value: "N",
    help: "lines that one failure may span",
  },
  {
    names: ["-m", "--journalmatch"],
    kind: "journalmatch",
    takes: "text",
    value: "MATCH",
    help: "journal fields to match, in place of the filter's",
  },
  {
    names: ["-l", "--log-level"],
    kind: "log-level",
    takes: "text",
    value: "LEVEL",
    help: "how much to log (critical)",
  },
  { names: ["-V"], kind: "short-version", help: "print the version alone" },
  { names: ["-v", "--verbose"], kind: "verbose", help: "tell more" },
  { names: ["--verbosity"], kind: "verbose", takes: "number", value: "N", help: "how much to tell, 0 to 4" },
  {
    names: ["--verbose-date", "--VD"],
    kind: "verbose-date",
    help: "show weight and regex of each date format",
  },
  { names: ["-D", "--debuggex"], kind: "debuggex", help: "print debuggex.com addresses to look at regexes" },
  { names: ["--no-check-all"], kind: "no-check-all", help: "stop at the first regex that matches a line" },
  {
    names: ["-o", "--out"],
    kind: "out",
    takes: "text",
    value: "FORMAT",
    help: "print failures only: id, ip, msg, row, the name of a group, or a text with tags such as '<ip> <F-USER>'",
  },
  { names: ["-i", "--invert"], kind: "invert", help: "with -o: print lines that are no failures" },
  { names: ["--print-no-missed"], kind: "print-no-missed", help: "list no missed lines" },
  { names: ["--print-no-ignored"], kind: "print-no-ignored", help: "list no ignored lines" },
  { names: ["--print-all-matched"], kind: "print-all-matched", help: "list all matched lines" },
  {
    names: ["--print-all-missed"],
    kind: "print-all-missed",
    help: "list all missed lines, however many",
  },
  {
    names: ["--print-all-ignored"],
    kind: "print-all-ignored",
    help: "list all ignored lines, however many",
  },
  { names: ["-t", "--log-traceback"], kind: "log-traceback", help: "no effect, for compatibility" },
  { names: ["--full-traceback"], kind: "full-traceback", help: "no effect, for compatibility" },
];

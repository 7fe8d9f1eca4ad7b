import { parseOptions, type GivenOption, type OptionNames } from "./getopt";

/** Settings of fail2ban.conf that the command line may set instead. */
export interface SettingOverrides {
  socket?: string;
  pidfile?: string;
  loglevel?: string;
  logtarget?: string;
  syslogsocket?: string;
}

/** What a command line of the client (or of the server, when it acts as one) asks for. */
export interface ClientOptions {
  /** Configuration folder; absent means the usual one. */
  readonly conf?: string;
  readonly overrides: Readonly<SettingOverrides>;
  readonly processName?: string;
  readonly dump?: "lines" | "pretty";
  readonly test: boolean;
  readonly interactive: boolean;
  /** 1 is the usual. */
  readonly verbosity: number;
  readonly force: boolean;
  readonly foreground: boolean;
  readonly async: boolean;
  /** As given: seconds or a duration. */
  readonly timeout?: string;
  /** An option that is answered at once, whatever else is there. */
  readonly immediate?: Immediate;
  readonly command: readonly string[];
}

/** Options that print something and end the program. */
export type Immediate =
  | { readonly type: "help" }
  | { readonly type: "version" }
  | { readonly type: "short-version" }
  | { readonly type: "str2sec"; readonly text: string };

const NAMES: OptionNames = {
  short: "hc:s:p:xfbdtviqV",
  long: [
    "loglevel=",
    "logtarget=",
    "syslogsocket=",
    "test",
    "async",
    "conf=",
    "pidfile=",
    "pname=",
    "socket=",
    "timeout=",
    "str2sec=",
    "help",
    "version",
    "dp",
    "dump-pretty",
  ],
};

type Draft = { -readonly [Key in keyof ClientOptions]: ClientOptions[Key] } & {
  overrides: SettingOverrides;
};

const SETTERS: ReadonlyMap<string, (draft: Draft, value: string) => void> = new Map([
  ...both("-c", "--conf", (draft, value) => (draft.conf = value)),
  ...both("-s", "--socket", (draft, value) => (draft.overrides.socket = value)),
  ...both("-p", "--pidfile", (draft, value) => (draft.overrides.pidfile = value)),
  ...both("-d", "-d", (draft) => (draft.dump = "lines")),
  ...both("--dp", "--dump-pretty", (draft) => (draft.dump = "pretty")),
  ...both("-t", "--test", (draft) => (draft.test = true)),
  ...both("-i", "-i", (draft) => (draft.interactive = true)),
  ...both("-v", "-v", (draft) => (draft.verbosity += 1)),
  ...both("-q", "-q", (draft) => (draft.verbosity -= 1)),
  ...both("-x", "-x", (draft) => (draft.force = true)),
  ...both("-b", "-b", (draft) => (draft.foreground = false)),
  ...both("-f", "-f", (draft) => (draft.foreground = true)),
  ...both("--async", "--async", (draft) => (draft.async = true)),
  ...both("--timeout", "--timeout", (draft, value) => (draft.timeout = value)),
  ...both("--pname", "--pname", (draft, value) => (draft.processName = value)),
  ...both("--loglevel", "--loglevel", (draft, value) => (draft.overrides.loglevel = value)),
  ...both("--logtarget", "--logtarget", (draft, value) => (draft.overrides.logtarget = value)),
  ...both("--syslogsocket", "--syslogsocket", (draft, value) => (draft.overrides.syslogsocket = value)),
]);

/** Takes a command line apart; `undefined` when it is wrong. */
export function parseClientOptions(args: readonly string[]): ClientOptions | undefined {
  const line = parseOptions(args, NAMES);
  if (!line) {
    return undefined;
  }
  const draft: Draft = {
    overrides: {},
    test: false,
    interactive: false,
    verbosity: 1,
    force: false,
    foreground: false,
    async: false,
    command: line.rest,
  };
  for (const option of line.options) {
    const immediate = findImmediate(option);
    if (immediate) {
      return { ...draft, immediate };
    }
    SETTERS.get(option.name)?.(draft, option.value);
  }
  return draft;
}

function findImmediate(option: GivenOption): Immediate | undefined {
  switch (option.name) {
    case "-h":
    case "--help":
      return { type: "help" };
    case "-V":
      return { type: "short-version" };
    case "--version":
      return { type: "version" };
    case "--str2sec":
      return { type: "str2sec", text: option.value };
    default:
      return undefined;
  }
}

type Setter = (draft: Draft, value: string) => unknown;

function both(short: string, long: string, set: Setter): [string, (draft: Draft, value: string) => void][] {
  const run = (draft: Draft, value: string): void => void set(draft, value);
  return [
    [short, run],
    [long, run],
  ];
}

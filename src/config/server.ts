import type { CommandValue, Origin, Problem } from "../model";
import { Budget } from "./budget";
import { ConfigError } from "./config-error";
import { interpolate } from "./interpolation";
import { SERVER_OPTIONS } from "./known-options";
import { MergedConfig } from "./merged-config";
import { warnSections } from "./misplaced-options";
import { makeText, startOf, type OriginText } from "./origin-text";
import { parsePythonInt } from "./python-text";
import type { StreamEntry } from "./stream";
import { warnUnknownOptions } from "./unknown-options";

/** Settings the client itself needs, before any command is sent. */
export interface ServerSettings {
  readonly socket: string;
  readonly pidfile: string;
  readonly loglevel: string;
  readonly logtarget: string;
  readonly syslogsocket: string;
  /** Who reads logs, and with which groups; empty: the daemon itself, all groups of that user. */
  readonly readeruser: string;
  readonly readergroups: string;
  /** Whether filters are tried with hostile lines after they have been loaded; as it was written. */
  readonly checkfilters: string;
}

/** What the command line sets in place of the configuration. */
export type ServerOverrides = Readonly<Partial<Record<keyof ServerSettings, string>>>;

/** What fail2ban.conf says. */
export interface ServerReading {
  readonly settings: ServerSettings;
  readonly entries: readonly StreamEntry[];
  readonly problems: readonly Problem[];
}

const DEFAULTS: ServerSettings & Readonly<Record<"allowipv6" | "dbfile" | "dbpurgeage", string>> = {
  socket: "/var/run/fail2ban/fail2ban.sock",
  pidfile: "/var/run/fail2ban/fail2ban.pid",
  loglevel: "INFO",
  logtarget: "/var/log/fail2ban.log",
  syslogsocket: "auto",
  readeruser: "",
  readergroups: "",
  checkfilters: "yes",
  allowipv6: "auto",
  dbfile: "/var/lib/fail2ban/fail2ban.sqlite3",
  dbpurgeage: "1d",
};
const LOG_LEVEL =
  /^(?:\d+|critical|fatal|error|warn|warning|notice|info|debug|notset|msg|tracedebug|heavydebug)$/i;
const YES_OR_NO = /^(?:yes|on|true|1|no|off|false|0)$/i;

/** Reads the server's settings; without a configuration the built-in ones. Never throws for content. */
export function readServer(config: MergedConfig | undefined, overrides: ServerOverrides): ServerReading {
  const reader = new ServerReader(config, overrides);
  const settings: ServerSettings = {
    socket: reader.text("socket").text,
    pidfile: reader.text("pidfile").text,
    loglevel: reader.text("loglevel").text,
    logtarget: reader.text("logtarget").text,
    syslogsocket: reader.text("syslogsocket").text,
    readeruser: reader.text("readeruser").text,
    readergroups: reader.text("readergroups").text,
    checkfilters: reader.text("checkfilters").text,
  };
  return { settings, entries: reader.readEntries(), problems: reader.problems };
}

class ServerReader {
  readonly problems: Problem[] = [];
  readonly #config: MergedConfig | undefined;
  readonly #overrides: ServerOverrides;
  readonly #budget = new Budget();

  constructor(config: MergedConfig | undefined, overrides: ServerOverrides) {
    this.#config = config;
    this.#overrides = overrides;
  }

  text(option: keyof typeof DEFAULTS): OriginText {
    const override = option in this.#overrides ? this.#overrides[option as keyof ServerSettings] : undefined;
    return override === undefined
      ? (this.#find("Definition", option) ?? makeText(DEFAULTS[option]))
      : makeText(override);
  }

  readEntries(): StreamEntry[] {
    const loglevel = this.text("loglevel");
    if (!LOG_LEVEL.test(loglevel.text)) {
      this.#report("error", `"${loglevel.text}" is not a log level; use INFO, NOTICE, DEBUG …`, loglevel);
    }
    const checkfilters = this.text("checkfilters");
    if (!YES_OR_NO.test(checkfilters.text)) {
      const what = `checkfilters = ${checkfilters.text.slice(0, 40)} is neither yes nor no; it counts as yes`;
      this.#report("warning", what, checkfilters);
    }
    this.#warnUnknown();
    return [
      ...this.#readStackSize(),
      ...(["syslogsocket", "loglevel", "logtarget", "allowipv6", "dbfile"] as const).map((option) =>
        makeServerEntry(option, this.text(option)),
      ),
      ...this.#readMatches(),
      makeServerEntry("dbpurgeage", this.text("dbpurgeage")),
    ];
  }

  #warnUnknown(): void {
    const warner = {
      warn: (message: string, origin?: Origin) =>
        this.#report("warning", message, { text: "", origins: [origin] }),
    };
    warnSections(warner, this.#config ?? new MergedConfig(), { kind: "server", what: "fail2ban.conf" });
    for (const section of this.#config ? ["DEFAULT", "Definition"] : []) {
      warnUnknownOptions(
        warner,
        { config: this.#config ?? new MergedConfig(), section, what: "option", kind: "server" },
        SERVER_OPTIONS,
      );
    }
  }

  #readStackSize(): StreamEntry[] {
    const text = this.#find("Thread", "stacksize");
    if (!text) {
      return [];
    }
    const value = this.#convert("stacksize", text);
    return [makeServerEntry("thread", text, new Map<CommandValue, CommandValue>([["stacksize", value]]))];
  }

  #readMatches(): StreamEntry[] {
    const option = "dbmaxmatches";
    const text = this.#find("Definition", option);
    if (text) {
      return [makeServerEntry(option, text, this.#convert(option, text))];
    }
    // Without [Definition] at all fail2ban sends the absent value as None.
    return this.#config?.hasSection("Definition") ? [] : [makeServerEntry(option, makeText(""), null)];
  }

  #convert(option: string, text: OriginText): number | bigint | null {
    const value = parsePythonInt(text.text) ?? null;
    if (value === null) {
      this.#report("warning", `option "${option}" is not a whole number: "${text.text.slice(0, 40)}"`, text);
    }
    return value;
  }

  #find(section: string, option: string): OriginText | undefined {
    try {
      return this.#config && interpolate(this.#config, { section, option, budget: this.#budget });
    } catch (error) {
      if (!(error instanceof ConfigError)) {
        throw error;
      }
      this.#report("error", error.message, { text: "", origins: [error.origin] });
      return undefined;
    }
  }

  #report(severity: Problem["severity"], message: string, place: OriginText): void {
    const origin = startOf(place);
    // Settings are read twice, for the client and for the stream.
    if (!this.problems.some((problem) => problem.message === message)) {
      this.problems.push({ severity, message, ...(origin && { origin }) });
    }
  }
}

function makeServerEntry(option: string, text: OriginText, value: CommandValue = text.text): StreamEntry {
  const origin = startOf(text);
  return { command: ["set", option, value], ...(origin && { origin }) };
}

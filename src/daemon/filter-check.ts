import { createHash } from "node:crypto";
import { formatOrigin, formatPythonString, type FilterSpec, type JailSpec, type Sourced } from "../model";
import type { Clock, Log } from "../platform";
import type { FilterCheckReply, FilterWeakness } from "./filter-check-wire";
import type { FilterChecker } from "./filter-checker";

/** Seconds until filters are tried: a machine that has just been started, or a client, has better things to do. */
const DELAY = 15;
const LONGEST_SHOWN = 100;
const MOST_NAMED = 3;
const HARMS = { trick: "can have others banned by", stall: "can stall" } as const;

/** What a check of filters needs. */
export interface FilterCheckNeeds {
  readonly checker: FilterChecker;
  readonly clock: Clock;
  readonly log: Log;
  /** The jails at work by now. */
  readonly jails: () => readonly JailSpec[];
  /** The configuration folder, where it is known. */
  readonly directory?: string;
}

/** A regex that can be harmed, with its place. */
interface Finding extends Pick<FilterWeakness, "harm"> {
  readonly regex: Sourced;
  readonly kind: "prefregex" | "failregex";
}

/**
 * Has the filters of the jails tried with hostile lines some time after they have been loaded, and warns of those that a
 * line can trick or stall: once for each jail and filter. What has not changed is not tried again.
 */
export class FilterCheck {
  readonly #needs: FilterCheckNeeds;
  /** What is known of each filter, by its hash. */
  #findings = new Map<string, readonly Finding[]>();
  /** The filter that each jail was looked at with. */
  #told = new Map<string, string>();
  #callOff: (() => void) | undefined;
  #isRunning = false;
  #isStopped = false;

  constructor(needs: FilterCheckNeeds) {
    this.#needs = needs;
  }

  /** Some filter may have changed. */
  arm(): void {
    if (!this.#isStopped) {
      this.#callOff ??= this.#needs.clock.after(DELAY, () => {
        this.#callOff = undefined;
        void this.#run();
      });
    }
  }

  /** Ends a check that is under way; none is begun any more. */
  stop(): void {
    this.#isStopped = true;
    this.#callOff?.();
    this.#needs.checker.end();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) {
      this.arm();
      return;
    }
    const unknown = new Map<string, JailSpec>();
    for (const jail of this.#needs.jails()) {
      const key = keyOf(jail.filter);
      if (!this.#findings.has(key)) {
        unknown.set(key, jail);
      }
    }
    if (unknown.size > 0) {
      this.#isRunning = true;
      await this.#try(unknown);
      this.#isRunning = false;
    }
    if (!this.#isStopped) {
      this.#tell();
    }
  }

  async #try(unknown: ReadonlyMap<string, JailSpec>): Promise<void> {
    const { checker, directory } = this.#needs;
    const jails = [...unknown.values()];
    const filters = jails.map(({ name, filter }) => ({ jail: name, filter }));
    const reply = await checker.check({ filters, ...(directory === undefined ? {} : { directory }) });
    [...unknown.keys()].forEach((key) => this.#findings.set(key, []));
    if (this.#isStopped) {
      return;
    }
    if (typeof reply === "string") {
      this.#inform(`Filters could not be tried with hostile lines (${reply})`);
      return;
    }
    [...unknown].forEach(([key, { filter }], i) => this.#findings.set(key, findingsOf(filter, reply, i)));
    const skipped = reply.skipped.flatMap((i) => jails[i]?.name ?? []);
    if (skipped.length > 0) {
      this.#inform(`No time to try all of these filters with hostile lines: ${listSome(skipped)}`);
    }
  }

  #inform(what: string): void {
    this.#needs.log("INFO", "filter", `${what}; "warder check" does so, too`);
  }

  /** Warns of what is new; what no jail uses any more is forgotten. */
  #tell(): void {
    const told = new Map<string, string>();
    const findings = new Map<string, readonly Finding[]>();
    for (const { name, filter } of this.#needs.jails()) {
      const key = keyOf(filter);
      const found = this.#findings.get(key);
      if (found) {
        findings.set(key, found);
        told.set(name, key);
      }
      if (found && this.#told.get(name) !== key) {
        warningsOf(name, found).forEach((text) => this.#needs.log("WARNING", "filter", text));
      }
    }
    this.#told = told;
    this.#findings = findings;
  }
}

/** What matters of a filter for what a line can do to it. */
function keyOf({ prefregex, failregex, ignoreregex, maxlines, usedns }: FilterSpec): string {
  const texts = [failregex, ignoreregex].map((list) => list.map(({ text }) => text));
  return createHash("sha1")
    .update(JSON.stringify([prefregex?.text, texts, maxlines, usedns]))
    .digest("base64");
}

function findingsOf(filter: FilterSpec, reply: FilterCheckReply, number: number): readonly Finding[] {
  return reply.weaknesses.flatMap(({ filter: at, regex: index, harm, origin }) => {
    const regex = index < 0 ? filter.prefregex : filter.failregex[index];
    if (at !== number || !regex) {
      return [];
    }
    const kind = index < 0 ? "prefregex" : "failregex";
    return [{ harm, kind, regex: origin && !regex.origin ? { ...regex, origin } : regex } as const];
  });
}

/** One text for each kind of harm: it names the first regex, and says how many more there are. */
function warningsOf(jail: string, findings: readonly Finding[]): string[] {
  return (["trick", "stall"] as const).flatMap((harm) => {
    const [first, ...more] = findings.filter((finding) => finding.harm === harm);
    if (!first) {
      return [];
    }
    const { text, origin } = first.regex;
    const place = origin ? ` at ${formatOrigin(origin)}` : "";
    const others = more.length > 0 ? ` and ${more.length} more of this filter` : "";
    const shown = formatPythonString(
      text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text,
    );
    const claim = `A hostile line ${HARMS[harm]} ${first.kind} ${shown}${place}${others}`;
    return [`[${jail}] ${claim}; "warder check" shows the line`];
  });
}

function listSome(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  return `${names.slice(0, MOST_NAMED).join(", ")}${more}`;
}

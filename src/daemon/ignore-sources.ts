import { readFileSync, statSync } from "node:fs";
import { messageOf, parseIp, type Ip } from "../model";
import { interfaceAddresses, ownNames, type Clock, type Log, type Resolver } from "../platform";
import type { IgnoreRules } from "../jail";

/** Addresses of names and of this machine may change: they are looked up again after so many seconds. */
const NAME_SECONDS = 300;
/** Files of `ignoreip = file:…` are looked at again after so many seconds. */
const FILE_SECONDS = 1;

/** What is taken from the system to feed the ignore rules. */
export interface IgnoreNeeds {
  readonly clock: Clock;
  readonly resolver: Resolver;
  readonly log: Log;
}

/**
 * Keeps the ignore rules of one jail supplied with what they cannot know: own addresses, addresses of names, content
 * of files. Looks again only when a failure asks for it, so that nothing ticks while nothing happens.
 */
export class IgnoreSources {
  readonly #rules: IgnoreRules;
  readonly #needs: IgnoreNeeds;
  readonly #files = new Map<string, string>();
  #namesDue = 0;
  #filesDue = 0;

  constructor(rules: IgnoreRules, needs: IgnoreNeeds) {
    this.#rules = rules;
    this.#needs = needs;
  }

  /** Reads everything now; settles when all names have been looked up (or given up). */
  async load(): Promise<void> {
    this.#namesDue = 0;
    this.#filesDue = 0;
    this.#readFiles(this.#needs.clock.now());
    await this.#lookUpNames(this.#needs.clock.now());
  }

  /** Looks again at what is due; names are looked up in the background. */
  refresh(): void {
    const now = this.#needs.clock.now();
    if (now >= this.#filesDue) {
      this.#readFiles(now);
    }
    if (now >= this.#namesDue) {
      void this.#lookUpNames(now);
    }
  }

  #readFiles(now: number): void {
    this.#filesDue = now + FILE_SECONDS;
    for (const path of this.#rules.list.files()) {
      try {
        const { mtimeMs, ino, size } = statSync(path);
        const version = `${mtimeMs} ${ino} ${size}`;
        if (this.#files.get(path) !== version) {
          this.#rules.list.setFile(path, readFileSync(path, "utf8"));
          this.#files.set(path, version);
        }
      } catch (error) {
        this.#reportFile(path, messageOf(error));
      }
    }
  }

  /** Said once; what was read before stays in force, so that a file gone for a moment bans nobody. */
  #reportFile(path: string, why: string): void {
    if (this.#files.get(path) !== "unreadable") {
      this.#files.set(path, "unreadable");
      this.#needs.log("WARNING", "filter", `Cannot read ignoreip file "${path}": ${why}`);
    }
  }

  async #lookUpNames(now: number): Promise<void> {
    this.#namesDue = now + NAME_SECONDS;
    const { resolver } = this.#needs;
    const own = Promise.all(ownNames().map((name) => resolver.addressesOf(name)));
    // All at once: where DNS does not answer each of them takes seconds.
    const others = [...this.#rules.list.names()].map(async (name) =>
      this.#rules.list.setAddresses(name, parseAll(await resolver.addressesOf(name))),
    );
    this.#rules.setOwnAddresses(parseAll([...interfaceAddresses(), ...(await own).flat()]));
    await Promise.all(others);
  }
}

function parseAll(texts: readonly string[]): readonly Ip[] {
  return texts.flatMap((text) => parseIp(text) ?? []);
}

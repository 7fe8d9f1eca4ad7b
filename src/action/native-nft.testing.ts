import type { CommandRequest, CommandResult, CommandRunner } from "../platform";
import type { Nft } from "./native-nft";
import { NftTables } from "./native-tables";
import type { FirewallEvent, FirewallWatch, WatchListener } from "./native-watch";

interface FakeSet {
  readonly elements: Map<string, number>;
}

interface FakeTable {
  readonly sets: Map<string, FakeSet>;
  readonly chains: Map<string, string[]>;
}

type Tables = Map<string, FakeTable>;

/** A watch that stays awake until it is put to sleep, and tells what a test tells it. */
export class FakeWatch implements FirewallWatch {
  isAwake = true;
  readonly listeners = new Set<WatchListener>();
  readonly reminders: number[] = [];

  own(): void {
    // Nobody asks.
  }

  subscribe(listener: WatchListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  remind(_listener: WatchListener, seconds: number): void {
    this.reminders.push(seconds);
  }

  unwatched<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  tell(event: FirewallEvent): void {
    this.listeners.forEach((listener) => listener.changed(event));
  }
}

const MISSING = "No such file or directory";

/**
 * A firewall that knows the statements warder writes, and carries out a script whole or not at all, as the kernel does.
 * Elements whose text is in `poison` make a script fail.
 */
export class FakeNft implements Nft {
  readonly scripts: string[] = [];
  readonly poison = new Set<string>();
  /** Fails every script when set. */
  broken: Partial<CommandResult> | undefined;
  tables: Tables = new Map();
  readonly users = new NftTables();
  readonly watch = new FakeWatch();

  /** How scripts alone end when set; with `halfWay` they are carried out all the same. */
  brokenApply: (Partial<CommandResult> & { readonly halfWay?: boolean }) | undefined;
  /** What queries are answered when set. */
  answer: string | undefined;

  readonly apply: CommandRunner = {
    run: async ({ script }) => {
      this.scripts.push(script);
      const { brokenApply } = this;
      if (!brokenApply) {
        return this.#answer(() => this.#transact(script));
      }
      if (brokenApply.halfWay) {
        this.#transact(script);
      }
      await Promise.resolve();
      return { stderr: "", stdout: "", timedOut: false, duration: 0, ...brokenApply };
    },
  };
  readonly names: CommandRunner = { run: (request) => this.#answer(() => this.#list(request, false)) };
  readonly elements: CommandRunner = { run: (request) => this.#answer(() => this.#list(request, true)) };

  /** Elements of a set with their seconds, as `address` or `address 60s`; `undefined` when there is no such set. */
  elementsOf(name: string, table = "warder"): readonly string[] | undefined {
    const set = this.tables.get(table)?.sets.get(name);
    return set && [...set.elements].map(([ip, left]) => (Number.isFinite(left) ? `${ip} ${left}s` : ip));
  }

  async #answer(work: () => string): Promise<CommandResult> {
    const base = { stderr: "", stdout: "", timedOut: false, duration: 0, code: 0 };
    await Promise.resolve();
    if (this.broken) {
      return { ...base, code: 1, ...this.broken };
    }
    try {
      return { ...base, stdout: work() };
    } catch (error) {
      return { ...base, code: 1, stderr: `/dev/stdin:1:1-2: Error: ${String(error)}\n` };
    }
  }

  #transact(script: string): string {
    const next = structuredClone(this.tables);
    for (const line of script.split("\n").filter(Boolean)) {
      this.#execute(next, line);
    }
    this.tables = next;
    return "";
  }

  #execute(tables: Tables, line: string): void {
    const [, verb, kind, table = "", name = "", rest = ""] =
      /^(add|delete) (table|chain|set|rule|element) inet (\S+)(?: (\S+))?(?: (.+))?$/.exec(line) ?? [];
    if (verb === undefined) {
      throw new Error(`syntax error: ${line}`);
    }
    if (kind === "table") {
      changeEntry(tables, table, verb === "add" ? { sets: new Map(), chains: new Map() } : undefined);
      return;
    }
    const { sets, chains } = need(tables.get(table));
    if (kind === "set") {
      const isUsed = [...chains.values()].flat().some((rule) => rule.split(" ").includes(`@${name}`));
      if (verb === "delete" && isUsed) {
        throw new Error("Device or resource busy");
      }
      changeEntry(sets, name, verb === "add" ? { elements: new Map() } : undefined);
    } else if (kind === "chain") {
      changeEntry(chains, name, verb === "add" ? [] : undefined);
    } else if (kind === "rule") {
      need(chains.get(name)).push(rest);
      need(sets.get(/@(\S+)/.exec(rest)?.[1] ?? ""));
    } else {
      this.#changeElements(need(sets.get(name)), verb, rest.replace(/^\{ | \}$/g, "").split(", "));
    }
  }

  /** As older kernels do: what is there keeps its timeout. */
  #changeElements({ elements }: FakeSet, verb: string, items: readonly string[]): void {
    for (const item of items) {
      const [, ip = "", seconds] = /^([0-9a-f.:]+)(?: timeout (\d+)s)?$/.exec(item) ?? [];
      if (ip === "" || this.poison.has(ip)) {
        throw new Error("Could not process rule: Invalid argument");
      }
      if (verb === "delete") {
        need(elements.get(ip));
        elements.delete(ip);
      } else if (!elements.has(ip)) {
        elements.set(ip, Number(seconds ?? Number.POSITIVE_INFINITY));
      }
    }
  }

  #list({ script }: CommandRequest, withElements: boolean): string {
    if (this.answer !== undefined) {
      return this.answer;
    }
    const query = /"(?:table":"|name":")([^"]+)"(?:,"name":"([^"]+)")?\}+\]/.exec(script);
    const { sets, chains } = need(this.tables.get(query?.[1] ?? ""));
    const items = [...sets].map(([name, { elements }]) => ({
      set: {
        name,
        ...(withElements
          ? {
              elem: [...elements].map(([val, expires]) =>
                Number.isFinite(expires) ? { elem: { val, expires } } : val,
              ),
            }
          : {}),
      },
    }));
    const wanted = items.filter(({ set }) => query?.[2] === undefined || set.name === query[2]);
    const parts = [...chains].flatMap(([name, rules]) => [
      { chain: { name } },
      ...rules.map(() => ({ rule: { chain: name } })),
    ]);
    return `${JSON.stringify({ nftables: [...wanted, ...parts] })}\n`;
  }
}

/** Adds an entry unless it is there, or deletes it, which fails when it is not there. */
function changeEntry<T>(map: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) {
    need(map.get(name));
    map.delete(name);
  } else if (!map.has(name)) {
    map.set(name, value);
  }
}

function need<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error(MISSING);
  }
  return value;
}

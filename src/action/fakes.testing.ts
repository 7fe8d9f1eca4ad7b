import { parseOffender, type ActionSpec, type ActionValue, type Ban } from "../model";
import type { CommandRequest, CommandResult, CommandRunner } from "../platform";
import type { ActionContext } from "./action-context";

/** Remembers every command; those whose script contains one of `failing` fail. */
export class RecordingRunner implements CommandRunner {
  readonly requests: CommandRequest[] = [];
  failing: readonly string[] = [];
  answer: Partial<CommandResult> = {};

  get scripts(): readonly string[] {
    return this.requests.map((request) => request.script);
  }

  /** The scripts since the last call. */
  take(): readonly string[] {
    return this.requests.splice(0).map((request) => request.script);
  }

  run(request: CommandRequest): Promise<CommandResult> {
    this.requests.push(request);
    const fails = this.failing.some((word) => request.script.startsWith(word));
    const base = { stdout: "", stderr: "", timedOut: false, duration: 0 };
    return Promise.resolve({ ...base, code: fails ? 1 : 0, ...this.answer });
  }
}

/** What actions need, made of plain values; `lines` are the log as `LEVEL logger text`. */
export interface FakeWorld extends ActionContext {
  readonly runner: RecordingRunner;
  readonly lines: string[];
}

/** A world with a jail called demo whose tags have fixed values. */
export function createWorld(changes: Partial<ActionContext> = {}): FakeWorld {
  const lines: string[] = [];
  return {
    jail: { name: "demo", banned: 1, bannedTotal: 2, found: 0, foundTotal: 3, bantime: 600 },
    lookups: {
      merged: () => undefined,
      hostNameOf: () => Promise.resolve(undefined),
      ownNames: () => ({ full: "host.example", short: "host" }),
    },
    log: (level, logger, text) => lines.push(`${level} ${logger} ${text}`),
    now: () => 1795221616.3538287,
    ipv6Allowed: () => true,
    ...changes,
    runner: new RecordingRunner(),
    lines,
  };
}

/** A spec of shell commands. */
export function createSpec(name: string, properties: Readonly<Record<string, ActionValue>>): ActionSpec {
  return { name, properties: new Map(Object.entries({ name: "demo", actname: name, ...properties })) };
}

/** A ban of an address or any other id. */
export function createBan(id: string, changes: Partial<Ban> = {}): Ban {
  return {
    jail: "demo",
    offender: parseOffender(id),
    time: 1795221613,
    bantime: 600,
    bancount: 1,
    restored: false,
    data: { matches: [], failures: 2, groups: new Map() },
    ...changes,
  };
}

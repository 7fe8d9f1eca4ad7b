import { expect, test } from "vitest";
import {
  ActionList,
  APPLIED,
  failed,
  SKIPPED,
  type Action,
  type ActionContext,
  type ActionOutcome,
} from "../action";
import { parseOffender, type Ban, type DomainEvent } from "../model";
import { Enforcement } from "./enforcement";

/** An action that does what it is asked as soon as a test lets it. */
class SlowAction implements Action {
  readonly name = "slow";
  readonly norestored = false;
  readonly canFlush = true;
  readonly epoch = 0;
  readonly concurrent = true;
  readonly banned = new Map<string, number>();
  readonly calls: string[] = [];
  lost: ReadonlyMap<string, string> = new Map();
  most = 0;
  #open = false;
  readonly #waiting: (() => void)[] = [];

  release(): void {
    this.#open = true;
    this.#waiting.splice(0).forEach((go) => go());
  }

  async ban({ ban }: { ban: Ban }): Promise<ActionOutcome> {
    this.most = Math.max(this.most, this.#waiting.length + 1);
    if (!this.#open) {
      await new Promise<void>((go) => this.#waiting.push(go));
    }
    if (ban.offender.id === "192.0.2.66") {
      return failed("no");
    }
    this.banned.set(ban.offender.id, ban.bantime);
    return APPLIED;
  }

  unban({ ban }: { ban: Ban }): Promise<ActionOutcome> {
    this.calls.push(`unban ${ban.offender.id}`);
    this.banned.delete(ban.offender.id);
    return Promise.resolve(APPLIED);
  }

  start = (): Promise<ActionOutcome> => this.#note("start");
  stop = (): Promise<ActionOutcome> => this.#note("stop");
  pause = (): Promise<ActionOutcome> => this.#note("pause");
  flush = (): Promise<ActionOutcome> => this.#note("flush");
  reban = (target: { ban: Ban }): Promise<ActionOutcome> => this.ban(target);
  prolong = (target: { ban: Ban }): Promise<ActionOutcome> => this.ban(target);
  reload = (): Promise<ActionOutcome> => this.#note("reload");
  check = (): Promise<ActionOutcome> => this.#note("check");

  #note(what: string): Promise<ActionOutcome> {
    this.calls.push(what);
    return Promise.resolve(SKIPPED);
  }
}

const context: ActionContext = {
  jail: { name: "demo", banned: 0, bannedTotal: 0, found: 0, foundTotal: 0, bantime: 600 },
  runner: { run: () => Promise.reject(new Error("no commands here")) },
  lookups: {
    merged: () => undefined,
    hostNameOf: () => Promise.resolve(undefined),
    ownNames: () => ({ full: "host.example", short: "host" }),
  },
  log: () => undefined,
  now: () => 1_795_221_616,
  ipv6Allowed: () => true,
};

function setUp() {
  const bans = new Map<string, Ban>();
  const action = new SlowAction();
  const list = new ActionList([{ name: "slow", properties: new Map() }], context, () => action);
  const enforcement = new Enforcement(list, { bans: () => [...bans.values()], banOf: (id) => bans.get(id) });
  const ban = (id: string, bantime = 600): DomainEvent => {
    const made: Ban = {
      jail: "demo",
      offender: parseOffender(id),
      time: 1_795_221_600,
      bantime,
      bancount: 1,
      restored: false,
      data: { matches: [], failures: 1, groups: new Map() },
    };
    bans.set(id, made);
    return { type: "ban", ban: made };
  };
  const unban = (id: string): DomainEvent => {
    const known = bans.get(id);
    bans.delete(id);
    return { type: "unban", ban: known as Ban, why: "command" };
  };
  const many = (count: number): DomainEvent[] =>
    Array.from({ length: count }, (_, i) => ban(`198.${18 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`));
  return { bans, action, enforcement, ban, unban, many };
}

test("a ban counts as applied only when the actions have confirmed it", async () => {
  const { action, enforcement, ban, bans } = setUp();
  const done = enforcement.carryOut([ban("192.0.2.1"), ban("192.0.2.66")]);
  expect(enforcement.counts(bans.size)).toEqual({ applied: 0, pending: 2, failed: 0 });
  action.release();
  await done;
  expect(enforcement.counts(bans.size)).toEqual({ applied: 1, pending: 0, failed: 1 });
  expect([...enforcement.unapplied]).toEqual([["192.0.2.66", "no"]]);
  action.lost = new Map([["192.0.2.1", "flushed"]]);
  expect(enforcement.counts(bans.size)).toEqual({ applied: 0, pending: 0, failed: 2 });
  expect(enforcement.unapplied.get("192.0.2.1")).toBe("flushed");
});

test("what is announced is pending, and told as it has become meanwhile", async () => {
  const { enforcement, ban, unban, bans } = setUp();
  const events = [ban("192.0.2.1"), ban("192.0.2.2"), ban("192.0.2.3")];
  const announced = enforcement.announce(events);
  expect(enforcement.counts(bans.size)).toEqual({ applied: 0, pending: 3, failed: 0 });
  unban("192.0.2.2");
  const longer = ban("192.0.2.3", 9000);
  expect(await announced).toEqual([events[0], longer]);
  expect(enforcement.counts(0)).toEqual({ applied: 0, pending: 0, failed: 0 });
});

test("thousands of bans go to the actions in waves; who is unbanned before is not banned after", async () => {
  const { action, enforcement, many, ban, unban, bans } = setUp();
  const events = many(24_000);
  const done = enforcement.carryOut(events);
  expect(enforcement.counts(bans.size)).toEqual({ applied: 0, pending: 24_000, failed: 0 });
  await enforcement.carryOut([unban("198.18.90.100")]);
  const longer = banOf(ban("198.18.90.101", 9000));
  await enforcement.carryOut([{ type: "prolonged", ban: longer, by: longer }]);
  action.release();
  await done;
  expect(action.most).toBe(20_000);
  expect(action.banned.size).toBe(23_999);
  expect(action.banned.get("198.18.90.101")).toBe(9000);
  expect(action.calls).toEqual([]);
  expect(enforcement.counts(bans.size)).toEqual({ applied: 23_999, pending: 0, failed: 0 });
});

test("nothing of a wave is banned after everybody has been unbanned, or after a stop", async () => {
  for (const end of ["flush", "stop", "pause"] as const) {
    const { action, enforcement, many, bans } = setUp();
    const done = enforcement.carryOut(many(21_000));
    const current = [...bans.values()];
    bans.clear();
    const ended = end === "flush" ? enforcement.flush(current) : enforcement.stop(current, end);
    action.release();
    await Promise.all([done, ended]);
    expect(action.banned.size).toBe(20_000);
    expect(action.calls).toEqual({ flush: ["flush"], stop: ["flush", "stop"], pause: ["pause"] }[end]);
  }
});

function banOf(event: DomainEvent): Ban {
  if (event.type !== "ban") {
    throw new Error("not a ban");
  }
  return event.ban;
}

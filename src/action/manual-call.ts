import { parseOffender } from "../model";
import type { Action, ActionOutcome, BanTarget } from "./action";
import type { ActionContext } from "./action-context";
import { createBanTarget } from "./ban-tags";

/** Tags and their values as somebody gave them with a command. */
export type GivenTags = ReadonlyMap<string, string>;

type Call = (action: Action, target: BanTarget) => Promise<ActionOutcome>;

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ["ban", (action, target) => action.ban(target)],
  ["consistencyCheck", (action) => action.check("repair")],
  ["flush", (action) => action.flush()],
  ["prolong", (action, target) => action.prolong(target)],
  ["reban", (action, target) => action.reban(target)],
  ["start", (action) => action.start()],
  ["stop", (action) => action.stop()],
  ["unban", (action, target) => action.unban(target)],
]);

/** Methods that `set JAIL action A METHOD` may call, sorted; the list of `get JAIL actionmethods A`. */
export const ACTION_METHODS: readonly string[] = [...CALLS.keys(), "reload"].sort();

/** Calls one method of an action by its name; `undefined` when it is none of those that concern bans. */
export function callAction(
  action: Action,
  method: string,
  target: BanTarget,
): Promise<ActionOutcome> | undefined {
  return CALLS.get(method)?.(action, target);
}

/** The ban that given tags describe: given values win, all others are those of a ban by hand. */
export function createGivenTarget(given: GivenTags, context: ActionContext): BanTarget {
  const id = given.get("fid") ?? given.get("ip") ?? "";
  const ip = given.get("ip") ?? id;
  const matches = given.get("matches");
  const target = createBanTarget(
    {
      jail: context.jail.name,
      offender: parseOffender(id),
      ...(ip === id ? {} : { ip }),
      time: context.now(),
      bantime: context.jail.bantime,
      bancount: 1,
      restored: false,
      data: { matches: matches === undefined ? [] : [matches], failures: 0, groups: new Map() },
    },
    context,
  );
  return { ...target, tags: (tag) => given.get(tag) ?? target.tags(tag) };
}

import { hostname } from "node:os";
import type { ActionContext, JailView } from "../action";
import type { JailNeeds } from "./jail-needs";
import type { LiveJail } from "./live-jail";

/** What the actions of a jail may know and use. */
export function makeActionContext(jail: LiveJail, needs: JailNeeds): ActionContext {
  const { memory, resolver, runner, log, clock, ipv6Allowed, threads } = needs;
  return {
    jail: viewOf(jail),
    runner,
    lookups: {
      merged: (id, scope) => memory.merged(id, scope === "jail" ? jail.name : undefined),
      hostNameOf: (ip) => resolver.nameOf(ip),
      ownNames: () => ({ full: hostname(), short: hostname().split(".")[0] ?? "" }),
    },
    log,
    now: () => clock.now(),
    ipv6Allowed,
    ...(threads ? { threads } : {}),
  };
}

function viewOf(jail: LiveJail): JailView {
  return {
    get name() {
      return jail.name;
    },
    get banned() {
      return jail.counters().currentlyBanned;
    },
    get bannedTotal() {
      return jail.counters().totalBanned;
    },
    get found() {
      return jail.counters().currentlyFailed;
    },
    get foundTotal() {
      return jail.counters().totalFailed;
    },
    get bantime() {
      return jail.bantime;
    },
  };
}

import type { Ban, DomainEvent } from "../model";
import { blockedIp, type ActionList } from "../action";
import type { JailState } from "../jail";
import { KnockWatch } from "./knock-watch";
import type { JailNeeds } from "./jail-needs";

/** What a watch of a jail tells of, and takes from the daemon. */
export interface KnockOutlet {
  readonly needs: Pick<JailNeeds, "alarms" | "clock" | "log" | "memory">;
  readonly publish: (events: readonly DomainEvent[]) => void;
}

/** The part of a jail that a watch looks at. */
interface WatchedJail {
  readonly name: string;
  readonly bantime: number;
  readonly actions: ActionList;
}

/** Prolongs the bans of those who go on knocking and frees who is silent, if an action of the jail asks for it. */
export function watchKnocks(
  jail: WatchedJail,
  state: JailState,
  { needs, publish }: KnockOutlet,
): KnockWatch {
  const now = (): number => needs.clock.now();
  return new KnockWatch({
    alarms: needs.alarms,
    now,
    policy: () => jail.actions.knocking,
    bantime: () => jail.bantime,
    banOf: (id) => state.banOf(id),
    packetsOf: async (bans) => pickCounts(bans, await jail.actions.packets()),
    prolong: (bans) => {
      const isLonger = ({ type }: DomainEvent): boolean => type === "prolonged";
      for (const ban of bans) {
        const { id } = ban.offender;
        const events = state.prolong(id, now(), jail.bantime < 0 ? ban.bantime : jail.bantime);
        if (events.some(isLonger)) {
          needs.log("NOTICE", "actions", `[${jail.name}] Prolong Ban ${id}, still knocking`);
        }
        publish(events);
      }
    },
    free: (bans) => {
      const events = bans.flatMap((ban) => state.unban(ban.offender.id, "expiry"));
      for (const ban of bans) {
        needs.log("INFO", "actions", `[${jail.name}] ${ban.offender.id} has fallen silent`);
        needs.memory.endBan(ban);
      }
      publish(events);
    },
  });
}

function pickCounts(bans: readonly Ban[], counts: ReadonlyMap<string, number>): ReadonlyMap<Ban, number> {
  return new Map(
    bans.flatMap((ban): [Ban, number][] => {
      const packets = counts.get(blockedIp(ban)?.text ?? "");
      return packets === undefined ? [] : [[ban, packets]];
    }),
  );
}

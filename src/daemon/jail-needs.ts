import type { DomainEvent } from "../model";
import type { Alarms, Clock, CommandRunner, Log, Resolver } from "../platform";
import type { TrackingBudget } from "../jail";
import type { ActionThreads } from "../action";
import type { BanMemory } from "./ban-memory";
import type { Readers } from "./readers";

/** What a live jail takes from the daemon. */
export interface JailNeeds {
  readonly clock: Clock;
  /** For the ends of bans. */
  readonly alarms: Alarms;
  readonly log: Log;
  readonly runner: CommandRunner;
  readonly resolver: Resolver;
  readonly memory: BanMemory;
  readonly readers: Pick<Readers, "of">;
  readonly ipv6Allowed: () => boolean;
  /** Tells everybody who listens. */
  readonly publish: (event: DomainEvent) => void;
  readonly random: () => number;
  readonly threads: ActionThreads | undefined;
  /** How many offenders all jails may count at once. */
  readonly budget: TrackingBudget;
}

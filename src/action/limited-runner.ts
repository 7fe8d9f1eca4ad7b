import type { CommandRequest, CommandResult, CommandRunner } from "../platform";

/** Milliseconds after which a command counts as stuck, for all that others can know. */
const PATIENCE = 2000;

/**
 * A runner that lets at most so many commands run at once, in the order they were asked for. One for all jails keeps
 * tools apart that lock the firewall against each other.
 * DIFFERS: a command that takes longer than `patience` (milliseconds) gives its place to the next while it goes on: in
 * fail2ban one mail server that does not answer holds up the bans of all jails for a minute each.
 */
export function limitRunner(runner: CommandRunner, concurrency = 1, patience = PATIENCE): CommandRunner {
  let running = 0;
  const waiting: (() => void)[] = [];

  const leave = (): void => {
    const next = waiting.shift();
    if (next) {
      next();
    } else {
      running--;
    }
  };
  const enter = async (): Promise<void> => {
    if (running < concurrency) {
      running++;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };

  return {
    async run(request: CommandRequest): Promise<CommandResult> {
      await enter();
      let isInside = true;
      const leaveOnce = (): void => {
        if (isInside) {
          isInside = false;
          leave();
        }
      };
      const timer = setTimeout(leaveOnce, patience);
      try {
        return await runner.run(request);
      } finally {
        clearTimeout(timer);
        leaveOnce();
      }
    },
  };
}

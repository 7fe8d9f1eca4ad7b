import type { CommandRequest, CommandResult, CommandRunner } from "../platform";

/**
 * A runner that lets at most so many commands run at once, in the order they were asked for. One for all jails keeps
 * tools apart that lock the firewall against each other.
 */
export function limitRunner(runner: CommandRunner, concurrency = 1): CommandRunner {
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
      try {
        return await runner.run(request);
      } finally {
        leave();
      }
    },
  };
}

import { makeProgram } from "./program";
import { runQuickClient } from "./quick-client";

const { io, defaults } = makeProgram("/etc/fail2ban");
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(255));
}
void run(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
  // Once all is written: taking everything apart in order would take some milliseconds more.
  process.stdout.write("", () => process.exit());
});

async function run(args: readonly string[]): Promise<number> {
  return runQuickClient(args, io, defaults) ?? (await import("./client")).runClient(args, io, defaults);
}

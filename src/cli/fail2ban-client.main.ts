import { runClient } from "./client";
import { makeProgram } from "./program";

const { io, defaults } = makeProgram("/etc/fail2ban");
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(255));
}
void runClient(process.argv.slice(2), io, defaults).then((status) => {
  process.exitCode = status;
});

import { join } from "node:path";
import { prepareRuntime } from "../platform";

// Before all the rest is loaded, which makes a lot of garbage.
prepareRuntime();
void run();

async function run(): Promise<void> {
  const [{ makeProgram }, { runServer }] = await Promise.all([import("./program"), import("./server")]);
  const program = makeProgram("/etc/fail2ban");
  const readerScript = join(__dirname, "reader.cjs");
  const status = await runServer(process.argv.slice(2), { ...program, readerScript });
  // A reader thread or a waiting command must not keep an ended daemon alive.
  process.exit(status);
}

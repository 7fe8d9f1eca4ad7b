import { parentPort } from "node:worker_threads";
import { ModuleRunner } from "./module-runner";
import type { ThreadRequest } from "./thread-messages";

// The thread of one module that somebody has written for a jail.
const port = parentPort;
if (port) {
  const runner = new ModuleRunner((reply) => port.postMessage(reply));
  port.on("message", (request: ThreadRequest) => runner.handle(request));
}

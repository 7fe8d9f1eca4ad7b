import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../platform";
import { Desk } from "./desk";
import { Reader } from "./reader";
import type { ReaderRequest } from "./reader-messages";

// The reader thread: everything it does comes from the daemon's messages.
const port = parentPort;
if (port) {
  const reader = new Reader({
    clock: systemClock(),
    post: (event) => port.postMessage(event),
    ...(workerData instanceof SharedArrayBuffer ? { desk: new Desk(workerData) } : {}),
  });
  port.on("message", (request: ReaderRequest) => reader.handle(request));
}

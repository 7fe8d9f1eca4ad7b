import { parentPort } from "node:worker_threads";
import { systemClock } from "../platform";
import { Reader } from "./reader";
import type { ReaderRequest } from "./reader-messages";

// The reader thread: everything it does comes from the daemon's messages.
const port = parentPort;
if (port) {
  const reader = new Reader(systemClock(), (event) => port.postMessage(event));
  port.on("message", (request: ReaderRequest) => reader.handle(request));
}

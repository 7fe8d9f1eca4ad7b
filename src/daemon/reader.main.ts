import { setFlagsFromString } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import { prepareRuntime, systemClock } from "../platform";
import { Desk } from "./desk";
import { Reader } from "./reader";
import type { ReaderEvent, ReaderRequest } from "./reader-messages";

// Once more: a new thread brings the runtime's own settings back for all of them.
prepareRuntime();
// Set before any regex of a filter is compiled: one that tries too many ways on a line is run again by an engine of
// V8 that needs linear time, unless it uses what that one cannot do (look-around, back-references).
setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");

// The reader thread: everything it does comes from the daemon's messages.
const port = parentPort;
if (port) {
  const reader = new Reader({
    clock: systemClock(),
    post: (event) => port.postMessage(event, ownBuffers(event)),
    ...(workerData instanceof SharedArrayBuffer ? { desk: new Desk(workerData) } : {}),
  });
  port.on("message", (request: ReaderRequest) => reader.handle(request));
}

/** What goes over to the daemon with an event, without a copy. */
function ownBuffers(event: ReaderEvent): ArrayBuffer[] {
  return event.type === "failures" ? [event.failures.bytes.buffer, event.failures.numbers.buffer] : [];
}

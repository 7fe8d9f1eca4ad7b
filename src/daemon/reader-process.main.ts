import { join } from "node:path";
import { deserialize } from "node:v8";
import { messageOf } from "../model";
import { encodeFailures } from "./failure-frame";
import { FrameSplitter, encodeFrame } from "./reader-frames";
import type { ReaderEvent, ReaderRequest } from "./reader-messages";
import type { ReaderStopped } from "./reader-stopped";
import { startReaderThread } from "./reader-thread";
import { becomeUser, type ReaderUser } from "./reader-user";

/**
 * The process of a reader: carries messages between two pipes and a reader thread, which has its watch here. So a line
 * that a regex gets stuck at is found and named as it is without a process. Ends with its standard input.
 */

// Before anything of a log is read. Where the daemon could do that before our start, there is no argument.
const [user] = process.argv.slice(2);
if (user !== undefined) {
  becomeUser(JSON.parse(user) as ReaderUser);
}
// A signal to all processes of a terminal or a service is meant for the daemon; it ends us when it has all there is.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {});
}

const reader = startReaderThread(join(__dirname, "reader.cjs"));
const splitter = new FrameSplitter();

reader.onEvent((event) => encodeEvent(event).forEach((frame) => process.stdout.write(frame)));
reader.onCrash((error) => leave(error));
process.stdin.on("data", (chunk: Buffer) => {
  for (const { bytes } of splitter.push(chunk) ?? []) {
    reader.post(deserialize(bytes) as ReaderRequest);
  }
});
process.stdin.on("end", () => void reader.end().then(() => process.exit(0)));
// The daemon is gone.
process.stdout.on("error", () => process.exit(0));

function encodeEvent(event: ReaderEvent): readonly Buffer[] {
  return event.type === "failures" ? encodeFailures(event) : [encodeJson(event)];
}

function encodeJson(value: object): Buffer {
  return encodeFrame("json", Buffer.from(JSON.stringify(value)));
}

/** Says at which line the thread ended; a new process takes over. */
function leave(error: ReaderStopped): void {
  const { code, task } = error;
  process.stdout.write(encodeJson({ type: "stopped", code, message: messageOf(error), task }), () =>
    process.exit(1),
  );
}

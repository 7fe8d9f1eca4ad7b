import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../platform";
import { NoticeOffice } from "./notice-office";
import type { ThreadRequest } from "./thread-messages";

// The thread of notices: everything it does comes from the daemon's messages.
const port = parentPort;
if (port) {
  const { queuePath } = workerData as { readonly queuePath?: string };
  const office = new NoticeOffice({
    clock: systemClock(),
    reply: (reply) => port.postMessage(reply),
    ...(queuePath === undefined ? {} : { queuePath }),
  });
  port.on("message", (request: ThreadRequest) => office.handle(request));
}

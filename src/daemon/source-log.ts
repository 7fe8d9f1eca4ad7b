import { messageOf } from "../model";
import type { LogLevel } from "../platform";
import type { SourceEvent } from "../source";

/** What the log says about an event of a source, in fail2ban's words where it has them. */
export interface SourceMessage {
  readonly level: LogLevel;
  readonly logger: string;
  readonly message: string;
}

/** The log line for an event of a log file. */
export function describeSourceEvent(event: SourceEvent): SourceMessage {
  const { path } = event;
  switch (event.type) {
    case "found":
      return say("INFO", `Added logfile: '${path}' (pos = ${event.position}, hash = ${event.hash})`);
    case "rotated": {
      const { size, position, inode, oldInode, hash, oldHash } = event;
      const reason = `(${size}, ${position}, ${inode}, ${oldInode}, '${hash}', '${oldHash}')`;
      return say("MSG", `Log rotation detected for ${path}, reason: ${reason}`);
    }
    case "lost":
      return say("MSG", `Log absence detected (possibly rotation) for ${path}, reason: ${event.reason}`);
    case "long-line":
      return say(
        "WARNING",
        `A line of ${path} is too long: its last ${event.skippedBytes} bytes were not read`,
      );
    case "undecodable":
      return say(
        "WARNING",
        `Error decoding line from '${path}' with '${event.encoding}'. Consider setting logencoding to appropriate ` +
          `encoding for this jail. Continuing to process line ignoring invalid characters: ${JSON.stringify(event.line)}`,
      );
    case "overrun":
      return say(
        "WARNING",
        `${event.messages} messages to ${path} were lost: they came faster than they were matched`,
      );
    case "complaint":
      return say("WARNING", `${path} says: ${event.text}`);
    case "hindered":
      return say(event.error.code === "lines-failed" ? "ERROR" : "WARNING", messageOf(event.error));
    case "error":
      return say(
        "ERROR",
        `${event.error.code.startsWith("log-") ? "Unable to open " : ""}${path}: ${messageOf(event.error)}`,
      );
  }
}

function say(level: LogLevel, message: string): SourceMessage {
  return { level, logger: "filter", message };
}

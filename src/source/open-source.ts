import { COMMAND_PREFIX, CommandFollower } from "./command-follower";
import type { Follower, FollowOptions } from "./follower";
import { PathFollower } from "./path-follower";
import type { SourceConsumer } from "./source-event";
import { isSyslogAddress } from "./syslog-address";
import { SyslogFollower } from "./syslog-follower";

/** Whether a text names a source that is no path: `command:…`, or an address such as `udp://127.0.0.1:5514`. */
export function isSourceAddress(text: string): boolean {
  return text.startsWith(COMMAND_PREFIX) || isSyslogAddress(text);
}

/**
 * The follower for a source: a path of a log file or a named pipe, `command:…` with a shell command, or an
 * address such as `udp://127.0.0.1:5514` where syslog messages come. It does not read before it is started.
 */
export function openSource(options: FollowOptions, consumer: SourceConsumer): Follower {
  if (options.path.startsWith(COMMAND_PREFIX)) {
    return new CommandFollower(options, consumer);
  }
  return isSyslogAddress(options.path)
    ? new SyslogFollower(options, consumer)
    : new PathFollower(options, consumer);
}

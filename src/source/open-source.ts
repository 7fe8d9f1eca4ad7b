import { COMMAND_PREFIX, CommandFollower } from "./command-follower";
import type { Follower, FollowOptions } from "./follower";
import { PathFollower } from "./path-follower";
import type { SourceConsumer } from "./source-event";

/**
 * The follower for a source: a path of a log file or a named pipe, or `command:…` with a shell command. It does not
 * read before it is started.
 */
export function openSource(options: FollowOptions, consumer: SourceConsumer): Follower {
  return options.path.startsWith(COMMAND_PREFIX)
    ? new CommandFollower(options, consumer)
    : new PathFollower(options, consumer);
}

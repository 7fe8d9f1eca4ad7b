import { WarderError } from "../model";
import { parseEncoding, UTF8, type Encoding } from "./encoding";
import type { FollowOptions } from "./follower";
import type { SourceConsumer } from "./source-event";

/** The encoding a source is to be read with; an unknown one is reported and UTF-8 taken in its place. */
export function chooseEncoding(options: FollowOptions, consumer: SourceConsumer): Encoding {
  const name = options.encoding ?? "auto";
  const encoding = parseEncoding(name);
  if (encoding) {
    return encoding;
  }
  const text = `Unknown logencoding "${name}", reading "${options.path}" as UTF-8. Use a Python codec name such as utf-8 or latin-1`;
  consumer.event?.({ type: "hindered", path: options.path, error: new WarderError("log-encoding", text) });
  return UTF8;
}

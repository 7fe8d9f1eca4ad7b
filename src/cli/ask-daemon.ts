import { ConnectionError } from "../control";
import { messageOf } from "../model";
import { ClientError, type ClientDefaults, type ClientIo } from "./client-io";
import { parseClientOptions } from "./client-options";
import { findSocket } from "./client-settings";

const FAILED = 255;

/**
 * Finds the daemon's socket as the client does and hands it to the work; tells what failed in plain words. Gives the
 * exit status.
 */
export async function withSocket(
  options: readonly string[],
  defaults: ClientDefaults,
  io: ClientIo,
  work: (socket: string) => Promise<void>,
): Promise<number> {
  try {
    const parsed = parseClientOptions(options);
    if (!parsed) {
      throw new ClientError(`These options are not understood: ${options.join(" ")}`);
    }
    await work(await findSocket(parsed, defaults));
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) {
      throw error;
    }
    io.err(`warder: ${describe(error)}\n`);
    return FAILED;
  }
}

function describe(error: Error): string {
  if (!(error instanceof ConnectionError)) {
    return messageOf(error);
  }
  const what = error.code === "socket-permission" ? "You must be root" : "Is it running?";
  return `Cannot reach the daemon: ${error.message}. ${what}`;
}

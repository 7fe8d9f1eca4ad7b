import { messageOf } from "../model";
import { ClientLog, type ClientDefaults, type ClientIo } from "./client-io";
import { parseClientOptions } from "./client-options";
import { runPlainCommand } from "./client-session";

const FAILED = 255;
/** These take more than a question and its answer. */
const BIG = new Set(["start", "restart", "reload"]);

/**
 * The client where it has only to send words to a socket that the command line names, which is what is asked for most
 * and should not wait until all the rest is loaded; `undefined` for everything else. Otherwise as `runClient`.
 */
export function runQuickClient(
  args: readonly string[],
  io: ClientIo,
  { program }: ClientDefaults,
): Promise<number> | undefined {
  const options = parseClientOptions(args);
  if (!options || options.immediate || options.dump !== undefined || options.test || options.interactive) {
    return undefined;
  }
  const { socket, loglevel } = options.overrides;
  const [name] = options.command;
  if (name === undefined || BIG.has(name) || socket === undefined || loglevel !== undefined) {
    return undefined;
  }
  const log = new ClientLog(io, options.verbosity, program);
  return send({ socket, io, log }, options.command);
}

async function send(
  session: Parameters<typeof runPlainCommand>[0],
  words: readonly string[],
): Promise<number> {
  try {
    return (await runPlainCommand(session, words)) ? 0 : FAILED;
  } catch (error) {
    session.log.error(messageOf(error));
    return FAILED;
  }
}

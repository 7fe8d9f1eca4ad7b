import { existsSync } from "node:fs";
import type { ClientOptions } from "./client-options";
import { ClientError, type ClientDefaults } from "./client-io";

/** Where the server is and how it is to be started. */
export interface ClientSettings {
  readonly conf: string;
  readonly socket: string;
  readonly pidfile: string;
  readonly loglevel: string;
  readonly logtarget: string;
  readonly syslogsocket: string;
  readonly readeruser: string;
  readonly readergroups: string;
  readonly checkfilters: string;
}

/**
 * Everything the server's settings say, command line first, then the configuration.
 * @throws ClientError when there is no configuration folder, or it names no valid level
 */
export async function readSettings(
  options: ClientOptions,
  defaults: ClientDefaults,
): Promise<ClientSettings> {
  const conf = options.conf ?? defaults.conf;
  if (!existsSync(conf)) {
    throw new ClientError(`Base configuration directory ${conf} does not exist `);
  }
  const { readServerSettings } = await import("../config");
  const server = readServerSettings(conf, options.overrides);
  checkLogLevel(server.loglevel);
  return { conf, ...server };
}

/** The socket's path; the configuration is read only when the command line does not name it. */
export async function findSocket(options: ClientOptions, defaults: ClientDefaults): Promise<string> {
  const { socket, loglevel } = options.overrides;
  if (loglevel !== undefined) {
    checkLogLevel(loglevel);
  }
  return socket ?? (await readSettings(options, defaults)).socket;
}

const LOG_LEVEL =
  /^(?:\d+|critical|fatal|error|warn|warning|notice|info|debug|notset|msg|tracedebug|heavydebug)$/i;

function checkLogLevel(level: string): void {
  if (!LOG_LEVEL.test(level)) {
    throw new ClientError(`Invalid log level '${level}'`);
  }
}

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { FAIL2BAN_VERSION, messageOf } from "../model";
import { serve } from "../daemon";
import { runClient } from "./client";
import { ClientError, ClientLog, type ClientDefaults, type ClientIo } from "./client-io";
import { parseClientOptions, type ClientOptions } from "./client-options";
import { readSettings, type ClientSettings } from "./client-settings";

/** What the server program knows of its place. */
export interface ServerProgram {
  readonly io: ClientIo;
  readonly defaults: ClientDefaults;
  /** Our own executable, for starting a copy in the background. */
  readonly script: string;
  readonly readerScript: string;
}

const FAILED = 255;
const NO = /^(?:no|off|false|0)$/i;

/**
 * `fail2ban-server`: runs the daemon in the foreground (`-f`) or the background; with a command other than `start` it
 * is the client. Gives the exit status: 0 after an orderly end, 255 when it could not start.
 */
export async function runServer(args: readonly string[], program: ServerProgram): Promise<number> {
  const options = parseClientOptions(args);
  const [command = "start", ...rest] = options?.command ?? ["help"];
  const isStart = command === "start" && rest.length === 0;
  if (
    !options ||
    options.immediate ||
    options.dump !== undefined ||
    options.test ||
    options.interactive ||
    !isStart
  ) {
    return runClient(args, program.io, program.defaults);
  }
  if (options.foreground) {
    return runForeground(options, program);
  }
  return options.async
    ? leaveBehind(args, program)
    : runClient([...args.filter((arg) => arg !== "start"), "start"], program.io, program.defaults);
}

async function runForeground(options: ClientOptions, program: ServerProgram): Promise<number> {
  process.umask(0o077);
  const log = new ClientLog(program.io, options.verbosity, program.defaults.program);
  try {
    const settings = await readSettings(options, program.defaults);
    const serving = await serve({
      socket: settings.socket,
      pidfile: settings.pidfile,
      logtarget: settings.logtarget,
      loglevel: settings.loglevel,
      syslogsocket: settings.syslogsocket,
      force: options.force,
      readerScript: program.readerScript,
      readeruser: settings.readeruser,
      readergroups: settings.readergroups,
      // Off only when it was switched off: a slip of the pen must not.
      ...(NO.test(settings.checkfilters) ? {} : { filterCheck: { directory: settings.conf } }),
      tell: (text) => log.error(text),
      ...configurationOf(options, settings),
    });
    if (options.async) {
      detachStreams();
    } else {
      program.io.out("Server ready\n");
    }
    return await serving.ended;
  } catch (error) {
    if (!(error instanceof ClientError) && !(error instanceof Error && "code" in error)) {
      throw error;
    }
    log.error(messageOf(error));
    return FAILED;
  }
}

/** With `--async` a client sends the configuration. */
function configurationOf(
  options: ClientOptions,
  settings: ClientSettings,
): Pick<Parameters<typeof serve>[0], "configuration"> {
  if (options.async) {
    return {};
  }
  const { conf: directory, loglevel, logtarget, syslogsocket } = settings;
  return {
    configuration: {
      directory,
      overrides: { loglevel, logtarget, syslogsocket },
      tolerateMissingLogs: true,
      version: FAIL2BAN_VERSION,
    },
  };
}

/** Starts ourselves once more, detached from the terminal, and does not wait. */
function leaveBehind(args: readonly string[], program: ServerProgram): number {
  const child = spawn(process.execPath, [program.script, "-f", ...args.filter((arg) => arg !== "-b")], {
    cwd: "/",
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
  });
  child.unref();
  return 0;
}

/**
 * A daemon keeps no terminal: whoever started it over a pipe or ssh would wait for that to end. What went wrong before
 * was told there. The lowest free descriptor is the one just closed.
 */
function detachStreams(): void {
  for (const descriptor of [1, 2]) {
    closeSync(descriptor);
    openSync("/dev/null", "w");
  }
}

import {
  evaluateDuration,
  FAIL2BAN_VERSION,
  formatProblem,
  formatPython,
  messageOf,
  PyFloat,
  type Problem,
} from "../model";
import { ClientError, ClientLog, type ClientDefaults, type ClientIo } from "./client-io";
import { parseClientOptions, type ClientOptions, type Immediate } from "./client-options";
import { isServerAlive, runCommand, runPlainCommand, type ClientSession } from "./client-session";
import { findSocket, readSettings } from "./client-settings";
import type { Lifecycle } from "./client-lifecycle";

const FAILED = 255;
const INIT_FAILED = "Init of command line failed";
const USUAL_TIMEOUT = 30_000;
const RELOAD_OPTIONS = new Set(["--restart", "--unban", "--if-exists"]);

/** One run of the client: what was asked for and where to write. */
interface Run {
  readonly options: ClientOptions;
  readonly defaults: ClientDefaults;
  readonly io: ClientIo;
  readonly log: ClientLog;
}

/** A command line was wrong in a way that is told before anything else; the text goes to standard output. */
class InitError extends Error {}

/**
 * The client: reads its arguments (without the program's name), does what they say, gives the exit status: 0, or 255
 * after any failure. `fail2ban-server` with a command other than `start` is the same program.
 */
export async function runClient(
  args: readonly string[],
  io: ClientIo,
  defaults: ClientDefaults,
): Promise<number> {
  const options = parseClientOptions(args);
  if (!options) {
    await printUsage(io, defaults);
    io.err(`${INIT_FAILED}\n`);
    return FAILED;
  }
  if (options.immediate) {
    return runImmediate(options.immediate, io, defaults);
  }
  const run: Run = { options, defaults, io, log: new ClientLog(io, options.verbosity, defaults.program) };
  try {
    return await runOptions(run);
  } catch (error) {
    if (error instanceof InitError) {
      io.out(`ERROR: ${error.message}\n`);
    }
    run.log.error(error instanceof InitError ? INIT_FAILED : messageOf(error));
    return FAILED;
  }
}

async function runImmediate(immediate: Immediate, io: ClientIo, defaults: ClientDefaults): Promise<number> {
  switch (immediate.type) {
    case "help":
      await printUsage(io, defaults);
      return 0;
    case "version":
      io.out(`Fail2Ban v${FAIL2BAN_VERSION}\n`);
      return 0;
    case "short-version":
      io.out(`${FAIL2BAN_VERSION}\n`);
      return 0;
    case "str2sec":
      return printSeconds(immediate.text, io);
  }
}

async function runOptions(run: Run): Promise<number> {
  const { options, io } = run;
  if (options.dump !== undefined || options.test) {
    const status = await checkConfiguration(run);
    if (status !== undefined) {
      return status;
    }
  }
  if (options.interactive) {
    return runInteractive(run);
  }
  if (options.command.length === 0) {
    await printUsage(io, run.defaults);
    return FAILED;
  }
  return runWords(run, options.command);
}

/** `-d` and `-t`; `undefined` when a command is to be run after that. */
async function checkConfiguration(run: Run): Promise<number | undefined> {
  const { options, io, log } = run;
  const [{ formatDump, readStream }, settings] = await Promise.all([
    import("./client-configuration"),
    settingsOf(run),
  ]);
  const reading = await readStream({ directory: settings.conf, options }, log);
  if (options.dump !== undefined) {
    io.out(await formatDump(reading.configuration, options.dump));
  }
  if (!options.test) {
    if (!reading.usable) {
      log.error(INIT_FAILED);
    }
    return reading.usable ? 0 : FAILED;
  }
  if (!reading.usable) {
    throw new ClientError("ERROR: test configuration failed");
  }
  if (options.command.length > 0) {
    return undefined;
  }
  io.out("OK: configuration test is successful\n");
  return 0;
}

/** One command, as words. */
async function runWords(run: Run, words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === "start" && rest.length === 0) {
    return runStart(run);
  }
  if (name === "restart") {
    return rest.length > 0 ? runReload(run, ["--restart", ...rest]) : runRestart(run);
  }
  if (name === "reload") {
    return runReload(run, rest);
  }
  return toStatus(await runPlainCommand(await openSession(run), words));
}

async function runStart(run: Run): Promise<number> {
  const [{ runForeground, startServer }, lifecycle] = await Promise.all([
    import("./client-lifecycle"),
    makeLifecycle(run),
  ]);
  return run.options.foreground ? runForeground(lifecycle) : toStatus(await startServer(lifecycle));
}

async function runRestart(run: Run): Promise<number> {
  const [{ stopServer }, lifecycle] = await Promise.all([import("./client-lifecycle"), makeLifecycle(run)]);
  await stopServer(lifecycle);
  return runStart(run);
}

async function runReload(run: Run, words: readonly string[]): Promise<number> {
  const first = words.findIndex((word) => !RELOAD_OPTIONS.has(word));
  const rest = first === -1 ? [] : words.slice(first);
  if (rest.length > 1) {
    throw new ClientError(`Unexpected argument(s) for reload: ${formatPython(rest)}`);
  }
  const settings = await settingsOf(run);
  const session = { socket: settings.socket, io: run.io, log: run.log };
  if (!(await isServerAlive(settings.socket))) {
    throw new ClientError("Could not find server");
  }
  const [name = "--all"] = rest;
  const jail = name === "--all" ? {} : { jail: name };
  const { readStream } = await import("./client-configuration");
  const reading = await readStream({ directory: settings.conf, options: run.options, ...jail }, run.log);
  if (!reading.usable) {
    await tellServer(session, reading.configuration.problems);
    return FAILED;
  }
  const given = words.slice(0, words.length - rest.length);
  return toStatus(await runCommand(session, ["reload", name, given, reading.stream, reading.patterns]));
}

/** Whoever reads the server's log shall know as well why nothing changed. */
async function tellServer(session: ClientSession, problems: readonly Problem[]): Promise<void> {
  const wrong = problems.filter(({ severity }) => severity === "error").map(formatProblem);
  const text = `Nothing is reloaded, the new configuration cannot be used: ${wrong.join("; ")}`;
  await runCommand(session, ["config-error", text], { show: false });
}

async function runInteractive(run: Run): Promise<number> {
  const { interact } = await import("./client-interactive");
  if (run.options.command.length > 0) {
    const status = await runWords(run, run.options.command);
    if (status !== 0) {
      return status;
    }
  }
  return interact({
    io: run.io,
    log: run.log,
    run: async (words) => void (await runWords(run, words)),
    help: async () => printUsage(run.io, run.defaults),
  });
}

async function openSession(run: Run): Promise<ClientSession> {
  const socket = await asInit(findSocket(run.options, run.defaults));
  return { socket, io: run.io, log: run.log };
}

async function settingsOf(run: Run): ReturnType<typeof readSettings> {
  const settings = await asInit(readSettings(run.options, run.defaults));
  run.log.write("INFO", `Using socket file ${settings.socket}`);
  return settings;
}

async function makeLifecycle(run: Run): Promise<Lifecycle> {
  const settings = await settingsOf(run);
  const { options, defaults, io, log } = run;
  const session = { socket: settings.socket, io, log };
  return { session, settings, options, defaults, timeoutMs: timeoutOf(options) };
}

function timeoutOf(options: ClientOptions): number {
  if (options.timeout === undefined) {
    return USUAL_TIMEOUT;
  }
  return evaluateDuration(options.timeout).value * 1000;
}

async function asInit<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof ClientError ? new InitError(error.message, { cause: error }) : error;
  }
}

function printSeconds(text: string, io: ClientIo): number {
  try {
    const { value, isFloat } = evaluateDuration(text);
    io.out(`${formatPython(isFloat ? new PyFloat(value) : value)}\n`);
    return 0;
  } catch (error) {
    io.out(`ERROR: ${messageOf(error)}\n`);
    io.err(`${INIT_FAILED}\n`);
    return FAILED;
  }
}

async function printUsage(io: ClientIo, defaults: ClientDefaults): Promise<void> {
  const { formatUsage } = await import("./client-usage");
  io.out(formatUsage(defaults.program));
}

function toStatus(ok: boolean): number {
  return ok ? 0 : FAILED;
}

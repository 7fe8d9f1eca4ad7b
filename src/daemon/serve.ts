import { dirname, join } from "node:path";
import { FAIL2BAN_VERSION, WarderError, formatProblem, messageOf, type Problem } from "../model";
import { Logger, ServiceManager, systemClock, takeInheritedSocket } from "../platform";
import { readConfiguration, type ConfigurationOptions } from "../config";
import { threadsFrom } from "../action";
import { ControlServer, type Endpoint } from "../control";
import { Daemon, type DaemonNeeds } from "./daemon";
import { filterCheckerFrom } from "./filter-checker";
import { removePidFile, writePidFile } from "./pid-file";
import { ServiceLife } from "./service-life";
import type { ReaderPort } from "./reader-host";
import { startReaderProcess } from "./reader-process";
import { startReaderThread } from "./reader-thread";
import { findReaderUser } from "./reader-user";

/** How a daemon is to be run. */
export interface ServeOptions {
  readonly socket: string;
  readonly pidfile: string;
  readonly logtarget: string;
  readonly loglevel: string;
  /** Where syslog listens: `auto` or a path. */
  readonly syslogsocket?: string;
  /** Take the socket's path even if something is there that does not answer. */
  readonly force: boolean;
  /** What to read at start; absent when a client will send the configuration. */
  readonly configuration?: ConfigurationOptions;
  /** Script of the reader thread; that of the reader process lies beside it. */
  readonly readerScript: string;
  /** Who reads logs, in a process of its own; empty or absent: a thread of ours. */
  readonly readeruser?: string;
  /** Groups of that process; empty or absent: those its user is in. */
  readonly readergroups?: string;
  /** Present when filters shall be tried with hostile lines; `directory` is where the configuration comes from. */
  readonly filterCheck?: { readonly directory: string };
  /** Takes what a person at the terminal should read. */
  readonly tell: (text: string) => void;
  readonly needs?: Partial<DaemonNeeds>;
}

/** A daemon that answers on its socket. */
export interface Serving {
  readonly daemon: Daemon;
  /** Settles with the exit status when the daemon has ended: by a signal, or because a client asked for it. */
  readonly ended: Promise<number>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

/**
 * Starts a daemon on its socket and brings its configuration to life.
 * Throws `WarderError` when another one runs there, or when nothing of the configuration can be used.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const logger = openLogger(options);
  const daemon = new Daemon({
    startReader: chooseReader(options),
    startThread: threadsFrom((role) => join(dirname(options.readerScript), `${role}.cjs`)),
    ...chooseFilterCheck(options),
    logger,
    ...options.needs,
  });
  logger.log("INFO", "server", "-".repeat(50));
  logger.log("INFO", "server", `Starting Fail2ban v${FAIL2BAN_VERSION}`);
  const server = new ControlServer({
    endpoint: chooseEndpoint(options, daemon),
    handler: (command) => daemon.execute(command),
    onProblem: (text) => logger.log("ERROR", "asyncserver", text),
  });
  const clock = systemClock();
  daemon.onEvent((event) => {
    // In a storm asking for the time is dear.
    if (server.isHeard(event.type)) {
      server.publish(event, clock.now());
    }
  });
  await listen(server, daemon);
  const pidProblem = writePidFile(options.pidfile);
  if (pidProblem) {
    logger.log("ERROR", "server", pidProblem);
  }
  logger.log("INFO", "server", "Daemon started");
  const manager = new ServiceManager((text) => logger.log("WARNING", "server", text));
  const serving = new RunningServer(
    { daemon, server, life: new ServiceLife(manager, daemon, clock) },
    options,
  );
  await serving.configure();
  return serving;
}

function chooseFilterCheck({ filterCheck, readerScript }: ServeOptions): Pick<DaemonNeeds, "filterCheck"> {
  const script = join(dirname(readerScript), "filter-check.cjs");
  return filterCheck ? { filterCheck: { ...filterCheck, checker: filterCheckerFrom(script) } } : {};
}

/** Throws `WarderError` (`reader-user`): who wants a reader without rights gets no other in its place. */
function chooseReader({ readerScript, readeruser = "", readergroups = "" }: ServeOptions): () => ReaderPort {
  if (readeruser === "") {
    return () => startReaderThread(readerScript);
  }
  const user = findReaderUser(readeruser, readergroups);
  const script = join(dirname(readerScript), "reader-process.cjs");
  return () => startReaderProcess({ script, user });
}

function chooseEndpoint({ socket, force }: ServeOptions, { logger }: Daemon): Endpoint {
  const inherited = takeInheritedSocket();
  if (!inherited) {
    return { path: socket, force };
  }
  logger.log("INFO", "asyncserver", `Using socket activation, inherited socket '${inherited.name}'`);
  return { fileDescriptor: inherited.fileDescriptor };
}

/** What a running server is made of. */
interface Parts {
  readonly daemon: Daemon;
  readonly server: ControlServer;
  readonly life: ServiceLife;
}

async function listen(server: ControlServer, daemon: Daemon): Promise<void> {
  try {
    await server.listen();
  } catch (error) {
    daemon.logger.log("ERROR", "asyncserver", messageOf(error));
    await daemon.stop();
    throw error;
  }
}

/** A log that cannot be opened must not leave a machine unprotected: then we log to the terminal, and say so. */
function openLogger({ logtarget, loglevel, syslogsocket = "auto", tell }: ServeOptions): Logger {
  const clock = systemClock();
  let logger: Logger;
  try {
    logger = new Logger(clock, logtarget, { syslogsocket });
  } catch (error) {
    tell(`${messageOf(error)}. Logging to STDERR instead.`);
    logger = new Logger(clock, "STDERR", { syslogsocket });
  }
  logger.setLevel(loglevel);
  return logger;
}

class RunningServer implements Serving {
  readonly daemon: Daemon;
  readonly ended: Promise<number>;
  readonly #server: ControlServer;
  readonly #life: ServiceLife;
  readonly #options: ServeOptions;
  #end: (status: number) => void = () => {};
  #isStopping = false;

  constructor({ daemon, server, life }: Parts, options: ServeOptions) {
    this.daemon = daemon;
    this.#server = server;
    this.#life = life;
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    daemon.onStopRequest(() => void this.stop());
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => void this.stop());
    }
    // DIFFERS: fail2ban in the foreground dies of it and leaves its socket behind. Without a terminal it says nothing.
    process.on("SIGHUP", () => void (options.configuration ? this.stop() : undefined));
    process.on("SIGUSR1", () => void daemon.execute(["flushlogs"]));
  }

  /** Reads the configuration and starts its jails; problems of single jails are told and left behind. */
  async configure(): Promise<void> {
    const { configuration } = this.#options;
    if (configuration) {
      await this.#load(configuration);
    }
    this.#life.ready();
  }

  async #load(configuration: ConfigurationOptions): Promise<void> {
    const read = readConfiguration(configuration);
    const problems = [...read.problems, ...(await this.daemon.load(read.stream, read.logPatterns))];
    for (const problem of new Map(problems.map((one) => [formatProblem(one), one])).values()) {
      this.#report(problem);
    }
    if (read.fatal || (read.jails.length > 0 && this.daemon.jails.length === 0)) {
      await this.stop(255);
      const where = configuration.directory;
      throw new WarderError("config-unusable", `Nothing in ${where} can be used; see the errors above`);
    }
  }

  async stop(status = 0): Promise<void> {
    if (this.#isStopping) {
      return;
    }
    this.#isStopping = true;
    this.#server.stopCommands();
    this.#life.stopping();
    await this.daemon.stop();
    removePidFile(this.#options.pidfile);
    // Whoever asked for the end gets the reply first.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#server.close();
    this.#end(status);
  }

  #report(problem: Problem): void {
    const text = formatProblem(problem);
    const about = problem.jail === undefined ? "" : ` (jail '${problem.jail}')`;
    const isError = problem.severity === "error";
    this.daemon.logger.log(isError ? "ERROR" : "WARNING", "configreader", `${text}${about}`);
    if (isError && this.daemon.logger.target.toUpperCase() !== "STDERR") {
      this.#options.tell(`ERROR ${text}${about}`);
    }
  }
}

/** Where a client writes; tests collect, the program prints. */
export interface ClientIo {
  /** Writes to standard output as it is. */
  readonly out: (text: string) => void;
  /** Writes to standard error as it is. */
  readonly err: (text: string) => void;
  /** Whether the output can show box-drawing characters. */
  readonly unicode: boolean;
}

/** What the two programs and their configuration are called where nothing else is said. */
export interface ClientDefaults {
  /** Name the program was called by, for the usage text; one that ends in `server` starts when no command is given. */
  readonly program: string;
  /** Configuration folder. */
  readonly conf: string;
  /** Executable of the server. */
  readonly server: string;
}

/** Levels a client writes at, most important first. */
export type ClientLevel = "ERROR" | "WARNING" | "INFO" | "DEBUG";

const LEVELS: readonly ClientLevel[] = ["ERROR", "WARNING", "INFO", "DEBUG"];

/** Messages of a client: in the columns of fail2ban's log under its names, `warder: message` under ours. */
export class ClientLog {
  readonly #io: ClientIo;
  readonly #verbosity: number;
  readonly #program: string;

  /** Verbosity 1 shows warnings, 0 only errors, 2 information, 3 and more everything. */
  constructor(io: ClientIo, verbosity: number, program = "fail2ban-client") {
    this.#io = io;
    this.#verbosity = verbosity;
    this.#program = program;
  }

  /** Writes a line if the verbosity asks for its level. */
  write(level: ClientLevel, message: string): void {
    if (LEVELS.indexOf(level) <= Math.max(this.#verbosity, 0)) {
      if (this.#program === "warder") {
        this.#io.err(`warder: ${level === "ERROR" ? "" : `${level.toLowerCase()}: `}${message}\n`);
        return;
      }
      const head = `${formatTime(new Date())} ${"fail2ban".padEnd(24)}[${process.pid}]: ${level.padEnd(7)}`;
      this.#io.err(`${head} ${message}\n`);
    }
  }

  /** Short for the level that is always shown. */
  error(message: string): void {
    this.write("ERROR", message);
  }
}

/** A failure whose message is all that the user needs; ends the program with status 255. */
export class ClientError extends Error {}

function formatTime(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString();
  return local.slice(0, 23).replace("T", " ").replace(".", ",");
}

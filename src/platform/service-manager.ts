import { spawn } from "node:child_process";

/** Environment variables by name. */
type Environment = Record<string, string | undefined>;

/** A listening socket that a service manager opened for us. */
export interface InheritedSocket {
  readonly fileDescriptor: number;
  readonly name: string;
}

const FIRST_INHERITED = 3;
const OWN_NAME = "fail2ban";

/**
 * The socket passed by socket activation: the one named `fail2ban`, else the first. `undefined` when there is none, or
 * it is meant for another process. Takes the variables away, so that no child believes them. Source: sd_listen_fds(3).
 */
export function takeInheritedSocket(
  environment: Environment = process.env,
  pid = process.pid,
): InheritedSocket | undefined {
  const { LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES = "" } = environment;
  for (const name of ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"]) {
    Reflect.deleteProperty(environment, name);
  }
  const count = Number(LISTEN_FDS ?? 0);
  if (!Number.isSafeInteger(count) || count < 1 || LISTEN_PID !== String(pid)) {
    return undefined;
  }
  const names = LISTEN_FDNAMES.split(":");
  const index = Math.min(Math.max(0, names.indexOf(OWN_NAME)), count - 1);
  return { fileDescriptor: FIRST_INHERITED + index, name: names[index] ?? "" };
}

/** What a service manager is told, as sd_notify(3) names it: `READY=1`, `STATUS=…`. */
export type ServiceState = `${string}=${string}`;

/** Milliseconds a message may take. */
const NOTIFY_TIMEOUT = 5000;

/**
 * systemd, when it started us and wants to hear of us; otherwise nobody, and nothing is done. Node.js opens no datagram
 * sockets of that kind, so systemd-notify(1) sends the messages; the unit needs `NotifyAccess=all` for that.
 */
export class ServiceManager {
  /** Seconds after which we are taken for dead unless we say otherwise; `undefined` when nobody watches. */
  readonly watchdog: number | undefined;
  readonly #socket: string | undefined;
  readonly #onProblem: (text: string) => void;
  /** Older versions do not know the option, and never wait. */
  #noBlock: readonly string[] = ["--no-block"];
  #hasFailed = false;

  /** Takes its variables out of the environment, so that no child speaks for us. */
  constructor(onProblem: (text: string) => void, environment: Environment = process.env, pid = process.pid) {
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID = String(pid) } = environment;
    for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) {
      Reflect.deleteProperty(environment, name);
    }
    const microseconds = Number(WATCHDOG_USEC ?? 0);
    const isWatched = NOTIFY_SOCKET !== undefined && microseconds > 0 && WATCHDOG_PID === String(pid);
    this.watchdog = isWatched ? microseconds / 1e6 : undefined;
    this.#socket = NOTIFY_SOCKET;
    this.#onProblem = onProblem;
  }

  /** Whether anybody listens. */
  get isThere(): boolean {
    return this.#socket !== undefined;
  }

  /** Tells it these things at once; never fails and never waits. */
  tell(...states: readonly ServiceState[]): void {
    if (this.#socket !== undefined) {
      this.#spawn(this.#socket, states, true);
    }
  }

  #spawn(socket: string, states: readonly ServiceState[], mayRetry: boolean): void {
    const child = spawn("systemd-notify", [...this.#noBlock, ...states], {
      env: { ...process.env, NOTIFY_SOCKET: socket },
      stdio: "ignore",
      detached: true,
      timeout: NOTIFY_TIMEOUT,
    });
    child.unref();
    child.once("error", (error) => this.#complain(error.message));
    child.once("exit", (code) => {
      if (code === 0) {
        return;
      }
      if (mayRetry && this.#noBlock.length > 0) {
        this.#noBlock = [];
        this.#spawn(socket, states, false);
        return;
      }
      this.#complain(`it ended with status ${code}`);
    });
  }

  #complain(why: string): void {
    if (!this.#hasFailed) {
      this.#hasFailed = true;
      this.#onProblem(`Cannot tell the service manager about us with systemd-notify: ${why}`);
    }
  }
}

import { WarderError } from "../model";

/** Why a server could not be talked to. */
export type ConnectionFault =
  | "socket-missing"
  | "socket-refused"
  | "socket-permission"
  | "timeout"
  | "connection-lost";

const FAULTS: ReadonlyMap<string, ConnectionFault> = new Map([
  ["ENOENT", "socket-missing"],
  ["EACCES", "socket-permission"],
  ["EPERM", "socket-permission"],
  ["ECONNRESET", "connection-lost"],
  ["EPIPE", "connection-lost"],
]);
/** Numbers and texts Python shows for what Node only names. */
const SYSTEM_TEXTS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "[Errno 111] Connection refused"],
  ["ENOENT", "[Errno 2] No such file or directory"],
  ["EACCES", "[Errno 13] Permission denied"],
  ["EPERM", "[Errno 1] Operation not permitted"],
  ["ECONNRESET", "[Errno 104] Connection reset by peer"],
  ["EPIPE", "[Errno 32] Broken pipe"],
]);

/** A failed connection; the message is the one Python gives to the error, such as `timed out`. */
export class ConnectionError extends WarderError {
  declare readonly code: ConnectionFault;

  constructor(code: ConnectionFault, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = "ConnectionError";
  }
}

/** What a system error means for a connection. */
export function describeConnectionError(error: {
  readonly code?: string | undefined;
  readonly message?: string;
}): ConnectionError {
  const code = error.code ?? "";
  const message = SYSTEM_TEXTS.get(code) ?? error.message ?? code;
  return new ConnectionError(FAULTS.get(code) ?? "socket-refused", message, { cause: error });
}

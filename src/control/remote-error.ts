import { formatPython, formatPythonText, PyTuple, type CommandValue } from "../model";

/**
 * A Python exception as it travels in a reply: the name of its class and its arguments, plain data on both sides.
 * Throw one in a handler to choose exactly what a client, fail2ban's own included, receives.
 */
export class RemoteError extends Error {
  /** Module and class, such as `builtins.ValueError` or `fail2ban.exceptions.UnknownJailException`. */
  readonly pythonClass: string;
  readonly args: readonly CommandValue[];

  constructor(pythonClass: string, args: readonly CommandValue[], options?: ErrorOptions) {
    super(formatException(pythonClass, args), options);
    this.name = "RemoteError";
    this.pythonClass = pythonClass;
    this.args = args;
  }

  /** Python's `repr` of the exception: `ValueError('x')`. */
  get repr(): string {
    const items = this.args.map(formatPython).join(", ");
    return `${this.pythonClass.slice(this.pythonClass.lastIndexOf(".") + 1)}(${items})`;
  }

  /** Python's `repr` of the argument tuple; of an operating system error only number and text. */
  get argsRepr(): string {
    const isSystem = SYSTEM_ERRORS.test(this.pythonClass) && this.args.length > 2;
    return formatPython(new PyTuple(isSystem ? this.args.slice(0, 2) : this.args));
  }
}

/** `list index out of range`: what a command with too few words gets. */
export function indexError(message = "list index out of range"): RemoteError {
  return new RemoteError("builtins.IndexError", [message]);
}

/** A plain `Exception`, as fail2ban throws it for whatever it does not understand. */
export function plainError(message: string): RemoteError {
  return new RemoteError("builtins.Exception", [message]);
}

/** A value of the right type that does not do. */
export function valueError(message: string): RemoteError {
  return new RemoteError("builtins.ValueError", [message]);
}

/** A value of the wrong type. */
export function typeError(message: string): RemoteError {
  return new RemoteError("builtins.TypeError", [message]);
}

/** A key that is not there; Python prints such messages in quotes. */
export function keyError(key: CommandValue): RemoteError {
  return new RemoteError("builtins.KeyError", [key]);
}

/** There is no jail of that name. */
export function unknownJailError(jail: CommandValue): RemoteError {
  return new RemoteError("fail2ban.exceptions.UnknownJailException", [jail]);
}

/** A jail of that name is there already. */
export function duplicateJailError(jail: CommandValue): RemoteError {
  return new RemoteError("fail2ban.exceptions.DuplicateJailException", [jail]);
}

/** A regular expression that cannot be used. */
export function regexError(message: string): RemoteError {
  return new RemoteError("fail2ban.server.failregex.RegexException", [message]);
}

/** Whether the exception is of this class or a subclass of it, as far as a client distinguishes them. */
export function isPythonError(error: RemoteError, name: "IndexError" | "KeyError"): boolean {
  const own = error.pythonClass.slice(error.pythonClass.lastIndexOf(".") + 1);
  return own === name || (name === "KeyError" && own === "UnknownJailException");
}

const SYSTEM_ERRORS =
  /^(?:builtins|exceptions)\.(?:OSError|IOError|EnvironmentError|FileNotFoundError|FileExistsError|PermissionError|IsADirectoryError|NotADirectoryError|TimeoutError|InterruptedError|BlockingIOError|ChildProcessError|ProcessLookupError|BrokenPipeError|Connection\w*Error)$/;
const KEY_ERRORS = /\.(?:KeyError|UnknownJailException)$/;

/** Python's `str` of an exception. */
function formatException(pythonClass: string, args: readonly CommandValue[]): string {
  const [first, second, third] = args;
  if (SYSTEM_ERRORS.test(pythonClass) && first !== undefined && second !== undefined) {
    const text = `[Errno ${formatPythonText(first)}] ${formatPythonText(second)}`;
    return third === undefined ? text : `${text}: ${formatPython(third)}`;
  }
  if (pythonClass.endsWith(".SyntaxError") && second instanceof PyTuple) {
    return formatSyntaxError(first ?? null, second.items);
  }
  if (args.length > 1) {
    return formatPython(new PyTuple(args));
  }
  if (first === undefined) {
    return "";
  }
  return KEY_ERRORS.test(pythonClass) ? formatPython(first) : formatPythonText(first);
}

function formatSyntaxError(message: CommandValue, place: readonly CommandValue[]): string {
  const [file, line] = place;
  const name = typeof file === "string" ? file.slice(file.lastIndexOf("/") + 1) : undefined;
  const parts = [name, typeof line === "number" ? `line ${line}` : undefined].filter(
    (part) => part !== undefined,
  );
  return parts.length > 0 ? `${formatPythonText(message)} (${parts.join(", ")})` : formatPythonText(message);
}

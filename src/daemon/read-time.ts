import { evaluateDuration, formatPythonText, messageOf, type CommandValue } from "../model";
import { valueError } from "../control";

/** Seconds of a time as `set` takes it. Throws `RemoteError`. */
export function readTime(value: CommandValue): number {
  try {
    return evaluateDuration(typeof value === "number" ? value : formatPythonText(value)).value;
  } catch (error) {
    throw valueError(messageOf(error));
  }
}

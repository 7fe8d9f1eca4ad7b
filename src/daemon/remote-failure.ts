import { WarderError, messageOf, type Origin } from "../model";
import { RemoteError, plainError, regexError, valueError } from "../control";
import { FilterError } from "../filter";

/** What a failure says to people, and where its cause was written. */
export function describeFailure(
  error: unknown,
  prefix = "",
): { readonly message: string; readonly origin?: Origin } {
  const origin = error instanceof FilterError ? error.regex.origin : undefined;
  return { message: `${prefix}${messageOf(error)}`, ...(origin ? { origin } : {}) };
}

/** The exception a client of fail2ban expects for a failure of ours. */
export function toRemoteError(error: unknown): RemoteError {
  if (error instanceof RemoteError) {
    return error;
  }
  if (error instanceof FilterError) {
    return regexError(error.message);
  }
  if (error instanceof WarderError && (error.code === "setting" || error.code.startsWith("date-"))) {
    return valueError(error.message);
  }
  return plainError(messageOf(error));
}

import { WarderError, type Origin } from "../model";

/** Why a value, a filter, an action or a jail could not be made; caught where the jail is read. */
export type ConfigErrorCode =
  | "config-reference"
  | "config-syntax"
  | "config-recursion"
  | "config-too-large"
  | "config-missing";

/** A failure inside one jail or file, with the place to look at. */
export class ConfigError extends WarderError {
  readonly origin: Origin | undefined;
  /** What to do about it; for people, not for the command stream. */
  readonly advice: string | undefined;

  constructor(code: ConfigErrorCode, message: string, origin?: Origin, advice?: string) {
    super(code, message);
    this.name = "ConfigError";
    this.origin = origin;
    this.advice = advice;
  }
}

import { WarderError } from "../model";

/** Bytes that are not a pickle of plain data. The message is Python's where Python has one. */
export class PickleError extends WarderError {
  constructor(message: string, options?: ErrorOptions) {
    super("bad-pickle", message, options);
    this.name = "PickleError";
  }
}

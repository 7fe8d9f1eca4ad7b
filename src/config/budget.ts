import { ConfigError } from "./config-error";

/** The largest configuration file that is read, in bytes. */
export const FILE_LIMIT = 4 * 1024 * 1024;

/** The longest a value may grow by references, in characters. */
export const VALUE_LIMIT = 4 * 1024 * 1024;

/** Characters that one jail may make us handle; the biggest stock jail takes a thousandth. */
const JAIL_WORK = 32 * 1024 * 1024;

/**
 * What is left of the work one jail may cause. A few nested references can stand for more text than fits into
 * memory, so every expansion pays for what it handles.
 */
export class Budget {
  #left = JAIL_WORK;

  /** Takes `amount` characters; throws `ConfigError` when the jail has used up its share. */
  spend(amount: number): void {
    // The constant counts the call itself, so that endless empty references come to an end as well.
    this.#left -= amount + 64;
    if (this.#left < 0) {
      throw new ConfigError("config-too-large", "its references expand to far too much text");
    }
  }
}

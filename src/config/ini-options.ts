import type { Origin } from "../model";
import type { OriginText } from "./origin-text";
import { stripEnd } from "./python-text";

/** The options of one section by lower-case name, in the order of the file. */
export type IniOptions = ReadonlyMap<string, OriginText>;

interface OpenValue {
  readonly lines: string[];
  readonly origins: Origin[];
}

/** The options of one section while its lines come in. */
export class OptionCollector {
  readonly name: string;
  readonly #values = new Map<string, OpenValue>();
  #open: OpenValue | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Begins an option; gives the place of an earlier one of that name, which is lost. */
  startOption(key: string, value: string, origin: Origin): Origin | undefined {
    const earlier = this.#values.get(key)?.origins[0];
    this.#open = { lines: [value], origins: [origin] };
    this.#values.set(key, this.#open);
    return earlier;
  }

  /** From here on deeper lines are no continuation. */
  endOption(): void {
    this.#open = undefined;
  }

  /** Adds a line to the option that was begun last; `false` when there is none. */
  continueValue(line: string, origin: Origin): boolean {
    this.#open?.lines.push(line);
    this.#open?.origins.push(origin);
    return this.#open !== undefined;
  }

  finish(): IniOptions {
    return new Map([...this.#values].map(([key, value]) => [key, joinLines(value)]));
  }
}

function joinLines(value: OpenValue): OriginText {
  const text = stripEnd(value.lines.join("\n"));
  return { text, origins: value.origins.slice(0, text.split("\n").length) };
}

import type { CompiledFilter } from "../../filter";
import type { Resolver } from "../../platform";
import type { Finding } from "./finding";
import { formatInverted, makeOutputFormat, type OutputFormat } from "./output-format";

/** What a printer needs. */
export interface RowPrinterNeeds {
  /** Print lines that are no failures instead. */
  readonly invert: boolean;
  /** A zone is set for dates that carry none. */
  readonly isZoned: boolean;
  readonly compiled: CompiledFilter;
  readonly resolver: Resolver;
  /** Seconds since 1970. */
  readonly now: number;
  write(text: string): void;
}

/** Characters held back, so that not every line is a write of its own. */
const HELD = 1 << 16;

/** Prints what `-o` asks for. */
export class RowPrinter {
  readonly #out: string;
  readonly #needs: RowPrinterNeeds;
  readonly #format: OutputFormat;
  #held = "";

  constructor(out: string, needs: RowPrinterNeeds) {
    const { compiled, resolver, now } = needs;
    this.#out = out;
    this.#needs = needs;
    this.#format = makeOutputFormat(out, {
      isZoned: needs.isZoned,
      now: () => now,
      nameOf: (address) => resolver.nameOf(address),
      groupNames: (index) =>
        compiled.prefregex ? [] : (compiled.failregex[index]?.matcher.groupNames ?? []),
    });
  }

  /** Takes a line and what was found in it. A promise comes back only where a name has to be looked up. */
  take(line: string, all: readonly Finding[], ignored: boolean): Promise<void> | undefined {
    if (this.#needs.invert) {
      if (ignored || all.length === 0) {
        this.#print(formatInverted(this.#out, line, this.#needs.now));
      }
      return undefined;
    }
    const findings = ignored ? [] : all.filter(({ hit }) => hit.kind === "failure");
    const text = findings.length > 0 ? this.#format(findings) : "";
    if (typeof text !== "string") {
      return text.then((later) => this.#print(later));
    }
    this.#print(text);
    return undefined;
  }

  /** Prints what is still held back. */
  flush(): void {
    this.#needs.write(this.#held);
    this.#held = "";
  }

  #print(text: string): void {
    this.#held += text;
    if (this.#held.length > HELD) {
      this.flush();
    }
  }
}

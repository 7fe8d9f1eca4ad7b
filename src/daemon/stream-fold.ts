import {
  messageOf,
  type Command,
  type CommandValue,
  type JailSpec,
  type Origin,
  type Problem,
} from "../model";
import {
  duplicateJailError,
  parseCommand,
  unknownJailError,
  type Request,
  type ServerOption,
} from "../control";
import { applyChange, isSpecChange, newJailSpec } from "./jail-changes";
import { addLogPatterns, type JailLogPattern } from "./log-patterns";

/** One command of a stream, and where its values were written, if that is known. */
export interface FoldEntry {
  readonly command: Command;
  readonly origin?: Origin;
  readonly origins?: readonly (Origin | undefined)[];
  readonly jail?: string;
}

/** What a stream of commands amounts to: data, nothing live. */
export interface FoldedStream {
  /** Settings of the server in their order. */
  readonly server: readonly { readonly option: ServerOption; readonly value: CommandValue }[];
  /** The jails it starts, in its order. */
  readonly jails: readonly JailSpec[];
  /** Commands that could not be carried out; the jail they belong to is left out. */
  readonly problems: readonly Problem[];
  /** What the first failed command threw, for a client that waits for its answer. */
  readonly error?: unknown;
}

/**
 * Reads a stream of commands as fail2ban's client sends it into the jails it describes. A command that fails costs its
 * own jail only; all others come out whole. `patterns` are the `logpath` lines the stream was made from, if known.
 */
export function foldStream(
  entries: readonly FoldEntry[],
  patterns: readonly JailLogPattern[] = [],
): FoldedStream {
  const fold = new Fold(patterns);
  for (const entry of entries) {
    fold.take(entry);
  }
  return fold.result();
}

class Fold {
  readonly #server: { option: ServerOption; value: CommandValue }[] = [];
  readonly #drafts = new Map<string, JailSpec>();
  readonly #started = new Set<string>();
  readonly #broken = new Set<string>();
  readonly #problems: Problem[] = [];
  readonly #patterns: readonly JailLogPattern[];
  #error: unknown;

  constructor(patterns: readonly JailLogPattern[]) {
    this.#patterns = patterns;
  }

  take(entry: FoldEntry): void {
    try {
      this.#apply(parseCommand(entry.command), entry);
    } catch (error) {
      this.#fail(error, entry.jail ?? jailOf(entry.command), entry.origin);
    }
  }

  result(): FoldedStream {
    const names = [...this.#started].filter((name) => !this.#broken.has(name));
    const jails = names
      .flatMap((name) => this.#drafts.get(name) ?? [])
      .flatMap((draft) => this.#complete(draft) ?? []);
    return {
      server: this.#server,
      jails,
      problems: this.#problems,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }

  #complete(draft: JailSpec): JailSpec | undefined {
    try {
      return addLogPatterns(draft, this.#patterns);
    } catch (error) {
      this.#fail(error, draft.name);
      return undefined;
    }
  }

  #fail(error: unknown, jail: string | undefined, origin?: Origin): void {
    this.#error ??= error;
    if (jail !== undefined) {
      this.#broken.add(jail);
    }
    this.#problems.push({
      severity: "error",
      message: messageOf(error),
      ...(origin ? { origin } : {}),
      ...(jail === undefined ? {} : { jail }),
    });
  }

  #apply(request: Request, entry: FoldEntry): void {
    if (request.type === "set-server") {
      this.#server.push({ option: request.option, value: request.value });
    } else if (request.type === "add-jail") {
      this.#add(request.jail, request.backend);
    } else if (request.type === "start-jail") {
      this.#draft(request.jail);
      this.#started.add(request.jail);
    } else if (request.type === "config-error") {
      this.#problems.push({ severity: "error", message: request.message });
    } else if (isSpecChange(request)) {
      const places = entry.origins ?? [entry.origin];
      this.#drafts.set(request.jail, applyChange(this.#draft(request.jail), request, places));
    }
  }

  #add(name: string, backend: string): void {
    if (this.#drafts.has(name)) {
      throw duplicateJailError(name);
    }
    this.#drafts.set(name, newJailSpec(name, backend));
  }

  #draft(name: string): JailSpec {
    const draft = this.#drafts.get(name);
    if (!draft) {
      throw unknownJailError(name);
    }
    return draft;
  }
}

function jailOf(command: Command): string | undefined {
  const name = command[1];
  return typeof name === "string" ? name : undefined;
}

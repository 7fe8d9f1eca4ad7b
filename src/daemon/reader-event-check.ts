import { LOG_LEVELS, type LogLevel } from "../platform";
import type { TimeNotice } from "../filter";
import { JOURNAL } from "./journal-backend";
import type { DeskTask } from "./desk";
import { REGEX_KINDS } from "./guarded-regexes";
import { decodeFailureFrame } from "./failure-frame";
import type { Frame } from "./reader-frames";
import type { ReaderEvent, ReaderRequest, SourceHealth, SourceState } from "./reader-messages";

/** That a reader in a process has ended its work because of a line, or broke down. */
export interface ReaderEnd {
  readonly type: "stopped";
  readonly code: "reader-stuck" | "reader-died";
  readonly message: string;
  readonly task: DeskTask | undefined;
}

/** Characters kept of a message for the log, of a line, and of a path. */
const MOST_MESSAGE = 16_384;
const MOST_LINE = 4096;
/** A place in the journal names an entry with its cursor. */
const MOST_HASH = 1000;
const MOST_SOURCES = 100_000;
/** Bytes in a file, lines in a log, seconds since 1970: none is larger. */
const MOST = Number.MAX_SAFE_INTEGER;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Takes what a reader in a process says as the claims of a stranger. What it may claim: failures, places, messages for
 * the log, of jails and logs it was given. Events are built anew from what is sound.
 */
export class ReaderClaims {
  readonly #paths = new Map<string, Set<string>>();

  /** The reader is told of jails and logs: from now on it may speak of them. Those of the past stay known. */
  allow(request: ReaderRequest): void {
    if (request.type === "open") {
      const paths = this.#pathsOf(request.jail.name);
      request.logs.forEach(({ path }) => paths.add(path));
      if (request.jail.journal) {
        paths.add(JOURNAL);
      }
    } else if (request.type === "add-log") {
      this.#pathsOf(request.jail).add(request.log.path);
    }
  }

  /** What a message says; `undefined` when no reader says that. */
  check({ kind, bytes }: Frame): ReaderEvent | ReaderEnd | undefined {
    if (kind === "failures") {
      const message = decodeFailureFrame(bytes);
      const jails = message && this.#jails(message.jails);
      return message && jails && { type: "failures", jails, failures: message.failures };
    }
    const fields = kind === "json" ? parseObject(bytes.toString("utf8")) : undefined;
    return fields && this.#checkFields(fields);
  }

  #checkFields(fields: Fields): ReaderEvent | ReaderEnd | undefined {
    switch (fields["type"]) {
      case "position":
        return this.#checkPosition(fields);
      case "caught-up": {
        const [jails, path] = [this.#jails(fields["jails"]), readText(fields["path"], MOST_LINE)];
        return jails && path !== undefined ? { type: "caught-up", jails, path } : undefined;
      }
      case "notice":
        return this.#checkNotice(fields);
      case "log":
        return checkLog(fields);
      case "broken": {
        const jail = this.#jail(fields["jail"]);
        const message = readText(fields["message"], MOST_MESSAGE);
        return jail !== undefined && message !== undefined ? { type: "broken", jail, message } : undefined;
      }
      case "closed": {
        const reply = readNumber(fields["reply"]);
        return reply === undefined ? undefined : { type: "closed", reply };
      }
      case "inspected":
        return this.#checkInspected(fields);
      case "stopped":
        return this.#checkStopped(fields);
      default:
        return undefined;
    }
  }

  #checkPosition(fields: Fields): ReaderEvent | undefined {
    const jails = this.#jails(fields["jails"]);
    const path = fields["path"];
    const at = asObject(fields["at"]);
    const [hash, position] = [at?.["hash"], readNumber(at?.["position"])];
    const isKnown =
      typeof path === "string" && jails?.every((jail) => this.#paths.get(jail)?.has(path) === true);
    return jails && isKnown && typeof hash === "string" && hash.length <= MOST_HASH && position !== undefined
      ? { type: "position", jails, path, at: { hash, position } }
      : undefined;
  }

  #checkNotice(fields: Fields): ReaderEvent | undefined {
    const jail = this.#jail(fields["jail"]);
    const notice = readNotice(asObject(fields["notice"]));
    const line = readText(fields["line"], MOST_LINE);
    return jail !== undefined && notice && line !== undefined
      ? { type: "notice", jail, notice, line }
      : undefined;
  }

  #checkInspected(fields: Fields): ReaderEvent | undefined {
    const reply = readNumber(fields["reply"]);
    const sources = readList(fields["sources"], MOST_SOURCES, (source) => this.#readSource(asObject(source)));
    return reply === undefined || !sources ? undefined : { type: "inspected", reply, sources };
  }

  #readSource(fields: Fields | undefined): SourceState | undefined {
    const jail = this.#jail(fields?.["jail"]);
    const path = readText(fields?.["path"], MOST_LINE);
    const state = (["following", "waiting", "failed"] as const).find((one) => one === fields?.["state"]);
    const [lines, position] = [readNumber(fields?.["lines"]), readNumber(fields?.["position"])];
    const health = readHealth(asObject(fields?.["health"]));
    return jail === undefined ||
      path === undefined ||
      !state ||
      lines === undefined ||
      position === undefined ||
      !health
      ? undefined
      : { jail, path, state, lines, position, health };
  }

  #checkStopped(fields: Fields): ReaderEnd | undefined {
    const code = (["reader-stuck", "reader-died"] as const).find((one) => one === fields["code"]);
    const message = readText(fields["message"], MOST_LINE);
    if (!code || message === undefined) {
      return undefined;
    }
    const task = asObject(fields["task"]);
    const line = asObject(task?.["line"]);
    const [jail, start] = [this.#jail(task?.["jail"]), readText(line?.["start"], MOST_LINE)];
    const length = readNumber(line?.["length"]);
    const isWhole = jail !== undefined && start !== undefined && length !== undefined;
    return {
      type: "stopped",
      code,
      message,
      task: isWhole ? { jail, line: { start, length }, ...readRegex(task) } : undefined,
    };
  }

  #jails(value: unknown): readonly string[] | undefined {
    return readList(value, this.#paths.size, (jail) => this.#jail(jail));
  }

  #jail(value: unknown): string | undefined {
    return typeof value === "string" && this.#paths.has(value) ? value : undefined;
  }

  #pathsOf(jail: string): Set<string> {
    const paths = this.#paths.get(jail) ?? new Set();
    this.#paths.set(jail, paths);
    return paths;
  }
}

/** The regex that a reader names, if it names one. */
function readRegex(task: Fields | undefined): Pick<DeskTask, "regex"> {
  const place = asObject(task?.["regex"]);
  const index = readNumber(place?.["index"]);
  const kind = REGEX_KINDS.find((one) => one === place?.["kind"]);
  return kind && index !== undefined ? { regex: { kind, index } } : {};
}

function checkLog(fields: Fields): ReaderEvent | undefined {
  const message = readText(fields["message"], MOST_MESSAGE);
  const { level, logger } = fields;
  const isLevel = typeof level === "string" && Object.hasOwn(LOG_LEVELS, level);
  const isLogger = logger === "filter" || logger === "filtersystemd";
  return isLevel && isLogger && message !== undefined
    ? { type: "log", level: level as LogLevel, logger, message }
    : undefined;
}

function readNotice(fields: Fields | undefined): TimeNotice | undefined {
  switch (fields?.["type"]) {
    case "too-old": {
      const findtime = readNumber(fields["findtime"]);
      return findtime === undefined ? undefined : { type: "too-old", findtime };
    }
    case "shifted": {
      const seconds = readNumber(fields["seconds"]);
      const guess = (["latency", "timezone"] as const).find((one) => one === fields["guess"]);
      return seconds === undefined || !guess ? undefined : { type: "shifted", seconds, guess };
    }
    case "undated":
      return { type: "undated" };
    default:
      return undefined;
  }
}

function readHealth(fields: Fields | undefined): SourceHealth | undefined {
  const names = ["bytes", "behind", "delay", "matched", "filterSeconds", "sampled", "undated"] as const;
  const [bytes, behind, delay, matched, filterSeconds, sampled, undated] = names.map((name) =>
    readNumber(fields?.[name]),
  );
  const isSilent = fields?.["isSilent"];
  if (
    bytes === undefined ||
    behind === undefined ||
    delay === undefined ||
    matched === undefined ||
    filterSeconds === undefined ||
    sampled === undefined ||
    undated === undefined ||
    typeof isSilent !== "boolean"
  ) {
    return undefined;
  }
  const [lastLine, offset] = [readNumber(fields?.["lastLine"]), readNumber(fields?.["offset"])];
  return {
    bytes,
    behind,
    delay,
    matched,
    filterSeconds,
    sampled,
    undated,
    isSilent,
    ...(lastLine === undefined ? {} : { lastLine }),
    ...(offset === undefined ? {} : { offset }),
  };
}

function parseObject(text: string): Fields | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

/** The beginning of a text. */
function readText(value: unknown, most: number): string | undefined {
  return typeof value === "string" ? value.slice(0, most) : undefined;
}

function readNumber(value: unknown): number | undefined {
  return typeof value === "number" && Math.abs(value) <= MOST ? value : undefined;
}

/** A list of which every element is sound. */
function readList<T>(
  value: unknown,
  most: number,
  read: (element: unknown) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > most) {
    return undefined;
  }
  const list = value.map((element: unknown) => read(element)).filter((element) => element !== undefined);
  return list.length === value.length ? list : undefined;
}

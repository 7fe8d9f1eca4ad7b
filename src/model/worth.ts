import { parseDuration } from "./duration";
import { WarderError } from "./errors";
import { PERMANENT } from "./ban";

/** What a failregex says about its own matches; absent members are as everywhere. */
export interface Worth {
  /** How many failures one match counts for; 0 counts nothing, 0.25 needs four matches for one failure. */
  readonly weight?: number;
  /** Seconds of the ban that a match of it triggers; `PERMANENT` never ends. */
  readonly bantime?: number;
}

/** A comment of a Python regular expression; escaped characters are stepped over. */
const COMMENT = /\\.|\(\?#([^)]*)\)/gs;
/** Nothing but `name=value` pairs; any other comment is just a comment. */
const PAIRS = /^\s*(?:weight|bantime)\s*=[^,]*(?:,\s*(?:weight|bantime)\s*=[^,]*)*$/;
const MAX_WEIGHT = 1000;

/**
 * Reads `(?#weight=0.25)`, `(?#bantime=1h)` or `(?#weight=2, bantime=1h)` out of a failregex. To Python, and so to
 * fail2ban, these are comments. `undefined` when there are none.
 * @throws WarderError (code `worth`) for a value that is none.
 */
export function parseWorth(regex: string): Worth | undefined {
  if (!regex.includes("(?#")) {
    return undefined;
  }
  const pairs = [...regex.matchAll(COMMENT)].flatMap(([, comment = ""]) =>
    PAIRS.test(comment) ? comment.split(",") : [],
  );
  return pairs.length === 0 ? undefined : (Object.assign({}, ...pairs.map(parsePair)) as Worth);
}

function parsePair(pair: string): Worth {
  const [name = "", value = ""] = pair.split("=").map((word) => word.trim());
  return name === "weight" ? { weight: parseWeight(value) } : { bantime: parseBantime(value) };
}

function parseWeight(text: string): number {
  const weight = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || weight > MAX_WEIGHT) {
    throw new WarderError("worth", `weight=${text} is no number from 0 to ${MAX_WEIGHT}`);
  }
  return weight;
}

function parseBantime(text: string): number {
  const seconds = parseDuration(text)?.value;
  if (seconds === undefined || (seconds <= 0 && seconds !== PERMANENT)) {
    throw new WarderError(
      "worth",
      `bantime=${text} is no time; write seconds or 10m, 1h, 1d, or -1 for ever`,
    );
  }
  return seconds;
}

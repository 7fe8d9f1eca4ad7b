import type { Command, Origin } from "../model";
import { toCommandValue, type OptionValue } from "./option-value";
import { listLines, startOf, type OriginText } from "./origin-text";
import { splitShellWords } from "./shell-words";

/** One command for the server and where it comes from. */
export interface StreamEntry {
  readonly command: Command;
  /** The place of the value. */
  readonly origin?: Origin;
  /** Places of the single values of a `multi-set` or of a list, or of the lines of one value, in their order. */
  readonly origins?: readonly (Origin | undefined)[];
  /** The jail it belongs to; absent for settings of the server. */
  readonly jail?: string;
}

/** `["set", jail, option, value]`. */
export function makeSetEntry(jail: string, option: string, value: OptionValue): StreamEntry {
  const origin = value !== null && typeof value === "object" ? startOf(value) : undefined;
  const command = ["set", jail, option, toCommandValue(value)];
  const several = value !== null && typeof value === "object" && value.origins.length > 1;
  return {
    command,
    jail,
    ...(origin && { origin }),
    ...(origin && several && { origins: [origin, ...value.origins.slice(1)] }),
  };
}

/**
 * Adds the commands for filter options. usedns comes first of all, prefregex and maxlines next to it:
 * the regexes are compiled under them. `placeOf` tells the places of values that are numbers.
 */
export function addFilterEntries(
  stream: StreamEntry[],
  jail: string,
  values: ReadonlyMap<string, OptionValue>,
  placeOf: (option: string) => Origin | undefined = () => undefined,
): void {
  let early = 0;
  for (const [option, value] of values) {
    if (value === null) {
      continue;
    }
    if (option === "usedns" || option === "maxlines" || option === "prefregex") {
      const origin = typeof value === "object" ? undefined : placeOf(option);
      const entry = { ...makeSetEntry(jail, option, value), ...(origin && { origin }) };
      stream.splice(option === "usedns" ? 0 : early, 0, entry);
      early++;
    } else if (typeof value === "object") {
      for (const entry of makeTextEntries(jail, option, value)) {
        stream.push(entry);
      }
    }
  }
}

function makeTextEntries(jail: string, option: string, value: OriginText): StreamEntry[] {
  if (option === "failregex" || option === "ignoreregex") {
    return makeRegexEntries(jail, `add${option}`, value);
  }
  if (option === "journalmatch") {
    return listLines(value).flatMap((line) => makeJournalEntries(jail, line.text, line.origin));
  }
  return option === "datepattern" ? [makeSetEntry(jail, option, value)] : [];
}

function makeJournalEntries(jail: string, line: string, origin: Origin | undefined): StreamEntry[] {
  const command = ["set", jail, "addjournalmatch", ...splitShellWords(line, origin)];
  return line === "" ? [] : [{ command, jail, ...(origin && { origin }) }];
}

function makeRegexEntries(jail: string, word: string, value: OriginText): StreamEntry[] {
  const lines = listLines(value).filter((line) => line.text !== "");
  const [first] = lines;
  if (!first) {
    return [];
  }
  const origins = lines.map((line) => line.origin);
  const place = { jail, origins, ...(first.origin && { origin: first.origin }) };
  return lines.length === 1
    ? [{ command: ["set", jail, word, first.text], ...place }]
    : [{ command: ["multi-set", jail, word, lines.map((line) => line.text)], ...place }];
}

/** Options a program knows: letters, and long names; a `:` or `=` behind one says that it takes a value. */
export interface OptionNames {
  readonly short: string;
  readonly long: readonly string[];
}

/** One option as it was given, by its full name (`-s`, `--socket`); `value` is empty for those that take none. */
export interface GivenOption {
  readonly name: string;
  readonly value: string;
}

/** A command line taken apart. */
export interface CommandLine {
  readonly options: readonly GivenOption[];
  /** Everything from the first word on that is no option. */
  readonly rest: readonly string[];
}

interface Step {
  readonly options: readonly GivenOption[];
  /** How many words were used. */
  readonly used: number;
}

/**
 * Takes a command line apart as getopt does: options end at the first other word or at `--`, letters may be joined,
 * long names may be cut short as long as they stay unique. `undefined` when an option is unknown or lacks its value.
 */
export function parseOptions(args: readonly string[], names: OptionNames): CommandLine | undefined {
  const options: GivenOption[] = [];
  let at = 0;
  for (let word = args[at]; word !== undefined && word.startsWith("-") && word !== "-"; word = args[at]) {
    if (word === "--") {
      return { options, rest: args.slice(at + 1) };
    }
    const step = word.startsWith("--")
      ? parseLong(word.slice(2), args[at + 1], names)
      : parseLetters(word.slice(1), args[at + 1], names);
    if (!step) {
      return undefined;
    }
    options.push(...step.options);
    at += step.used;
  }
  return { options, rest: args.slice(at) };
}

function parseLong(word: string, next: string | undefined, names: OptionNames): Step | undefined {
  const cut = word.indexOf("=");
  const given = cut === -1 ? word : word.slice(0, cut);
  const value = cut === -1 ? undefined : word.slice(cut + 1);
  const found = findLong(given, names.long);
  if (found === undefined) {
    return undefined;
  }
  if (!found.endsWith("=")) {
    return value === undefined ? { options: [{ name: `--${found}`, value: "" }], used: 1 } : undefined;
  }
  const name = `--${found.slice(0, -1)}`;
  if (value !== undefined) {
    return { options: [{ name, value }], used: 1 };
  }
  return next === undefined ? undefined : { options: [{ name, value: next }], used: 2 };
}

function findLong(given: string, long: readonly string[]): string | undefined {
  const candidates = long.filter((name) => name.startsWith(given));
  const exact = candidates.find((name) => name === given || name === `${given}=`);
  return exact ?? (candidates.length === 1 ? candidates[0] : undefined);
}

function parseLetters(letters: string, next: string | undefined, names: OptionNames): Step | undefined {
  const options: GivenOption[] = [];
  for (let i = 0; i < letters.length; i += 1) {
    const letter = letters.charAt(i);
    const place = letter === ":" ? -1 : names.short.indexOf(letter);
    if (place === -1) {
      return undefined;
    }
    if (names.short.charAt(place + 1) !== ":") {
      options.push({ name: `-${letter}`, value: "" });
      continue;
    }
    const joined = letters.slice(i + 1);
    const value = joined === "" ? next : joined;
    options.push({ name: `-${letter}`, value: value ?? "" });
    return value === undefined ? undefined : { options, used: joined === "" ? 2 : 1 };
  }
  return { options, used: 1 };
}

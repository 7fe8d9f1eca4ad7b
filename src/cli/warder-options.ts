/** Options of the `warder` command, wherever people write them. */

/** Options before the command (`warder --conf DIR status`) belong to it. */
export function splitLeading(args: readonly string[]): {
  options: readonly string[];
  words: readonly string[];
} {
  const options: string[] = [];
  let i = 0;
  while (args[i]?.startsWith("-")) {
    const option = args[i++] ?? "";
    options.push(option);
    const value = args[i];
    if (TAKES_VALUE.has(option) && value !== undefined) {
      options.push(value);
      i++;
    }
  }
  return { options, words: args.slice(i) };
}

const TAKES_VALUE: ReadonlySet<string> = new Set([
  "-c",
  "--conf",
  "-s",
  "--socket",
  "-p",
  "--pidfile",
  "--loglevel",
  "--logtarget",
]);

/** The client wants its options first; people write them anywhere. */
export function gatherOptions(args: readonly string[]): {
  options: readonly string[];
  words: readonly string[];
} {
  const options: string[] = [];
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? "";
    const isOption = TAKES_VALUE.has(word) || LEADING.has(word);
    (isOption ? options : words).push(word);
    const value = args[i + 1];
    if (TAKES_VALUE.has(word) && value !== undefined) {
      options.push(value);
      i++;
    }
  }
  return { options, words };
}

const LEADING: ReadonlySet<string> = new Set([
  "-f",
  "-b",
  "-x",
  "-v",
  "-vv",
  "-q",
  "-t",
  "--test",
  "-d",
  "--dp",
  "-i",
  "--async",
  "--json",
]);

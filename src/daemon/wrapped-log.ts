import type { FilterSpec } from "../model";

/** What only a regex says that means a container engine's own records: `"stream":`, `stderr F`, `\\n"`, `\\"`. */
const WRAPPER_WORDS = [
  /\{\\?"log/,
  /"log\\?"/,
  /"stream/,
  /\bstd\S{1,16}?(?:\\s[+*]?| )(?:F|P|\[FP\]|\[PF\])(?:\\s| )/,
  /\\\\n"/,
  /\\\\"/,
];

/**
 * Whether a filter was written for the records of a container engine as they are. Such a one must go on seeing them.
 *
 * DIFFERS: for all other filters the log of a container reads like the log its program wrote; in fail2ban they find
 * nothing there, or have to be written anew.
 */
export function speaksOfWrapper({ failregex, prefregex }: FilterSpec): boolean {
  const texts = [...failregex, ...(prefregex ? [prefregex] : [])];
  return texts.some(({ text }) => WRAPPER_WORDS.some((word) => word.test(text)));
}

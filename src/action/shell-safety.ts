const SAFE_WORD = /^(?!-)[\w.:/@%+,=-]*$/;
const NUMBER = /^-?\d+(?:\.\d+)?$/;
/** A word longer than this goes into a variable, whatever it consists of. */
const LONGEST_WORD = 1024;
/** What never appears in a script, not even in single quotes: fail2ban's own list, and control characters. */
const SHARP = /[\\#&;`|*?~<>^()[\]{}$'"\p{Cc}\p{Zl}\p{Zp}]/u;

/** Whether a value can stand in a script as it is, in any place, without the shell seeing more than a word. */
export function isSafeWord(value: string): boolean {
  return value.length <= LONGEST_WORD && (SAFE_WORD.test(value) || NUMBER.test(value));
}

/** Whether a value can stand between single quotes, where a variable would not be filled in. */
export function isSafeQuoted(value: string): boolean {
  return value.length <= LONGEST_WORD && !SHARP.test(value);
}

/**
 * Whether that place of a script lies in single quotes, as far as a look at the outermost quotes can tell.
 * When in doubt the answer is no.
 */
export function isSingleQuoted(script: string, index: number): boolean {
  let quote = "";
  for (let i = 0; i < index; i++) {
    const char = script.charAt(i);
    if (quote === "'") {
      quote = char === "'" ? "" : quote;
    } else if (char === "\\") {
      i++;
    } else if (char === '"') {
      quote = quote === "" ? '"' : "";
    } else if (char === "'" && quote === "") {
      quote = "'";
    }
  }
  return quote === "'";
}

import { ConfigError } from "./config-error";
import type { Origin } from "../model";

/** POSIX shell words as Python's `shlex.split` gives them; throws `ConfigError` for an open quote or escape. */
export function splitShellWords(text: string, origin?: Origin): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (/[ \t\r\n]/.test(character)) {
      words.push(...(word === undefined ? [] : [word]));
      word = undefined;
      continue;
    }
    const piece = readPiece(text, at);
    if (piece === undefined) {
      throw new ConfigError("config-syntax", `"${text}" has a quote or backslash without an end`, origin);
    }
    word = (word ?? "") + piece.text;
    at = piece.last;
  }
  return word === undefined ? words : [...words, word];
}

/** One character, one escape or one quoted run; `last` is the position it ends at. */
function readPiece(text: string, at: number): { text: string; last: number } | undefined {
  const character = text.charAt(at);
  if (character === "\\") {
    return at + 1 < text.length ? { text: text.charAt(at + 1), last: at + 1 } : undefined;
  }
  if (character === "'") {
    const close = text.indexOf("'", at + 1);
    return close < 0 ? undefined : { text: text.slice(at + 1, close), last: close };
  }
  return character === '"' ? readDoubleQuoted(text, at) : { text: character, last: at };
}

function readDoubleQuoted(text: string, open: number): { text: string; last: number } | undefined {
  let inner = "";
  for (let at = open + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') {
      return { text: inner, last: at };
    }
    const next = text.charAt(at + 1);
    if (character === "\\" && (next === '"' || next === "\\")) {
      at++;
      inner += next;
    } else {
      inner += character;
    }
  }
  return undefined;
}

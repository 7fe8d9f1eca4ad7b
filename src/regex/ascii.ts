const BEYOND_ASCII = /[^\x00-\x7f]/;

let lastText = "";
let lastAnswer = true;

/**
 * Whether a text has ASCII characters only. Remembers the last text: a line is searched by many patterns,
 * and looking at all of it costs as much as a search.
 */
export function isAscii(text: string): boolean {
  if (text !== lastText) {
    lastAnswer = !BEYOND_ASCII.test(text);
    lastText = text;
  }
  return lastAnswer;
}

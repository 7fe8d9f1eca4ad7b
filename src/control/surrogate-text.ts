/** UTF-8 as Python's pickle writes it: halves of surrogate pairs, which plain UTF-8 forbids, are three bytes each. */

const LONE_SURROGATE = /\p{Surrogate}/u;
const REPLACEMENT = "\uFFFD";
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of a text; a lone surrogate (Python's stand-in for an undecodable byte) survives. */
export function encodeText(text: string): Buffer {
  if (!LONE_SURROGATE.test(text)) {
    return Buffer.from(text, "utf8");
  }
  return Buffer.concat(Array.from(text, encodeCharacter));
}

/** The text of bytes, or `undefined` when they are not UTF-8 (lone surrogates allowed). */
export function decodeText(bytes: Buffer): string | undefined {
  const text = bytes.toString("utf8");
  return text.includes(REPLACEMENT) ? decodeCarefully(bytes) : text;
}

function encodeCharacter(character: string): Buffer {
  const code = character.charCodeAt(0);
  if (character.length > 1 || code < 0xd800 || code > 0xdfff) {
    return Buffer.from(character, "utf8");
  }
  return Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]);
}

function decodeCarefully(bytes: Buffer): string | undefined {
  const parts: string[] = [];
  let start = 0;
  for (let i = bytes.indexOf(0xed); i !== -1; i = bytes.indexOf(0xed, i + 1)) {
    const second = bytes[i + 1] ?? 0;
    const third = bytes[i + 2] ?? 0;
    if (second >= 0xa0 && second <= 0xbf && (third & 0xc0) === 0x80) {
      const plain = decodeStrictly(bytes.subarray(start, i));
      if (plain === undefined) {
        return undefined;
      }
      parts.push(plain, String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f)));
      start = i + 3;
    }
  }
  const rest = decodeStrictly(bytes.subarray(start));
  return rest === undefined ? undefined : parts.join("") + rest;
}

function decodeStrictly(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

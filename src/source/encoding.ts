/** How the bytes of a log become lines and text. Names are those of Python's codecs, as `logencoding` takes them. */
export interface Encoding {
  readonly name: string;
  /** Bytes of one code unit: newlines stand at multiples of it. */
  readonly unit: 1 | 2 | 4;
  /** The bytes of `\n`. */
  readonly newline: Buffer;
  /** Whole lines as one character per byte; wide encodings become UTF-8 first, so that `\n` is one byte. */
  view(bytes: Buffer): string;
  /** The text that a piece of a view stands for; bytes that do not decode become U+FFFD. */
  decode(view: string): string;
}

const NEWLINE = Buffer.from("\n");
const HIGH = /[\u0080-\u00ff]/;
/** Bytes 0x80 to 0x9f of cp1252; Node 20's own decoder for it is latin-1. */
const CP1252 = "€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ";
const LATIN_NUMBERS = [1, 2, 3, 4, 9, 10, 13, 14, 15, 16];
const ALIASES: Readonly<Record<string, string>> = {
  cp866: "ibm866",
  cp874: "windows-874",
  cp932: "shift_jis",
  cp936: "gbk",
  cp949: "euc-kr",
  cp950: "big5",
  "mac-roman": "macintosh",
  sjis: "shift_jis",
  "shift-jis": "shift_jis",
};

/** What is used when nothing else is known. */
export const UTF8: Encoding = narrow("utf-8", decodeUtf8);

/** The encoding that name stands for (`auto` is UTF-8), or `undefined` when there is none of that name. */
export function parseEncoding(name: string): Encoding | undefined {
  const key = name.trim().toLowerCase().replaceAll(/[_ ]/g, "-");
  if (/^(auto|utf-?8(-sig)?|u8|cp65001)$/.test(key)) {
    return narrow(name, decodeUtf8);
  }
  if (/^(us-)?ascii$|^646$/.test(key)) {
    return narrow(name, (view) => view.replaceAll(new RegExp(HIGH, "g"), "\ufffd"));
  }
  const wide = /^utf-?(16|32)(?:-?(le|be))?$/.exec(key);
  if (wide) {
    return makeWide(name, wide[1] === "16" ? 2 : 4, wide[2] === "be");
  }
  const label = labelOf(key);
  if (label === "iso-8859-1") {
    return narrow(name, (view) => view);
  }
  return label === "windows-1252" ? narrow(name, decodeCp1252) : fromTextDecoder(name, label);
}

/** The same encoding in the byte order that a byte order mark at the start of the log tells, if it has one. */
export function followMark(encoding: Encoding, start: Buffer): Encoding {
  const isOpen = encoding.unit > 1 && !/[lb]e$/i.test(encoding.name);
  const big = encoding.unit === 2 ? [0xfe, 0xff] : [0, 0, 0xfe, 0xff];
  return isOpen && big.every((byte, i) => start[i] === byte)
    ? makeWide(encoding.name, encoding.unit, true)
    : encoding;
}

function labelOf(key: string): string {
  const iso = /^(?:iso-?)?8859-?(\d+)$/.exec(key);
  if (iso) {
    return `iso-8859-${iso[1]}`;
  }
  const latin = /^(?:latin-?|l)(\d+)$/.exec(key);
  if (latin) {
    return `iso-8859-${LATIN_NUMBERS[Number(latin[1]) - 1] ?? 0}`;
  }
  const windows = /^(?:cp|windows-?)?(125\d)$/.exec(key);
  return windows ? `windows-${windows[1]}` : (ALIASES[key] ?? key);
}

function narrow(name: string, decode: (view: string) => string): Encoding {
  return { name, unit: 1, newline: NEWLINE, view: (bytes) => bytes.toString("latin1"), decode };
}

function decodeUtf8(view: string): string {
  return HIGH.test(view) ? Buffer.from(view, "latin1").toString("utf8") : view;
}

function decodeCp1252(view: string): string {
  return view.replaceAll(/[\u0080-\u009f]/g, (char) => CP1252[char.charCodeAt(0) - 0x80] ?? "\ufffd");
}

function fromTextDecoder(name: string, label: string): Encoding | undefined {
  try {
    const decoder = new TextDecoder(label);
    return narrow(name, (view) => (HIGH.test(view) ? decoder.decode(Buffer.from(view, "latin1")) : view));
  } catch {
    return undefined;
  }
}

function makeWide(name: string, unit: 1 | 2 | 4, isBig: boolean): Encoding {
  const newline = Buffer.alloc(unit);
  newline[isBig ? unit - 1 : 0] = 10;
  const toText = unit === 2 ? readUtf16 : readUtf32;
  const view = (bytes: Buffer) =>
    Buffer.from(toText(bytes, isBig).replace(/^\ufeff/, ""), "utf8").toString("latin1");
  return { name, unit, newline, view, decode: decodeUtf8 };
}

function readUtf16(bytes: Buffer, isBig: boolean): string {
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 2));
  return (isBig ? Buffer.from(whole).swap16() : whole).toString("utf16le");
}

function readUtf32(bytes: Buffer, isBig: boolean): string {
  const parts: string[] = [];
  for (let i = 0; i + 4 <= bytes.length; i += 4) {
    const code = isBig ? bytes.readUInt32BE(i) : bytes.readUInt32LE(i);
    const isCharacter = code < 0x110000 && (code < 0xd800 || code > 0xdfff);
    parts.push(isCharacter ? String.fromCodePoint(code) : "\ufffd");
  }
  return parts.join("");
}

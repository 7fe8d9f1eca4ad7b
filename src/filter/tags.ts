import { isFieldRegex } from "./field-terms";

/** What a tag without content stands for. Every group here names (part of) an offender. */
const IP4 = String.raw`(?:::f{4,6}:)?(?P<ip4>\d{1,3}(?:\.\d{1,3}){3})`;
const IP6 = String.raw`(?P<ip6>(?::|[0-9A-Fa-f]{1,4}:{1,2}){1,7}(?:[0-9A-Fa-f]{1,4}|:(?<=::)))`;
const DNS = String.raw`(?P<dns>[\w.^-]*\w)`;
const CIDR = String.raw`(?P<cidr>\d+)`;
const ADDR = String.raw`\[?(?:${IP4}|${IP6})\]?`;
const SUBNET = String.raw`\[?(?:${IP4}|${IP6})(?:/${CIDR})?\]?`;

const WHOLE_TAGS: ReadonlyMap<string, string> = new Map([
  ["<IP4>", IP4],
  ["<F-IP4/>", IP4],
  ["<IP6>", IP6],
  ["<F-IP6/>", IP6],
  ["<DNS>", DNS],
  ["<F-DNS/>", DNS],
  ["<CIDR>", CIDR],
  ["<F-CIDR/>", CIDR],
  ["<ADDR>", ADDR],
  ["<F-ADDR/>", ADDR],
  ["<SUBNET>", SUBNET],
  ["<F-SUBNET/>", SUBNET],
  ["<F-ID/>", String.raw`(?P<fid>\S+)`],
  ["<F-PORT/>", String.raw`(?P<fport>\w+)`],
]);

const ANY_TAG = /<\/?[\w-]+\/?>/g;
const OPENING = /^<F-([A-Z0-9_-]+)>$/;
const CLOSING = /^<\/F-([A-Z0-9_-]+)>$/;
const FLAG_GROUP = /(\\.)|\((?:\?:)?\(\?([a-zA-Z]+)\)/gs;

/** How `<HOST>` is to be read; with `names` false it stands for addresses only. */
export interface TagOptions {
  readonly names: boolean;
}

/**
 * A failregex with its tags replaced by Python regular expression text, as `get JAIL failregex` shows it.
 * Unknown tags stay as they are; so does a closing tag that nothing opened, and a regex that reads fields as a whole.
 */
export function expandTags(pattern: string, options: TagOptions): string {
  if (isFieldRegex(pattern)) {
    return pattern;
  }
  const opened = new Set<string>();
  let skips = 0;
  const expanded = pattern.replace(ANY_TAG, (tag) => {
    if (tag === "<SKIPLINES>") {
      return String.raw`\n(?P<skiplines${skips++}>(?:.*\n)*?)`;
    }
    if (tag === "<HOST>") {
      return options.names ? `(?:${ADDR}|${DNS})` : ADDR;
    }
    return WHOLE_TAGS.get(tag) ?? expandNamedTag(tag, opened) ?? tag;
  });
  return localizeFlags(expanded);
}

/** The group that an `F-` tag fills: lower case, `id` and `port` under their reserved names. */
export function groupOfTag(name: string): string {
  const lower = name.toLowerCase();
  if (lower === "id" || lower === "port") {
    return `f${lower}`;
  }
  return lower;
}

function expandNamedTag(tag: string, opened: Set<string>): string | undefined {
  const opening = OPENING.exec(tag)?.[1];
  if (opening !== undefined) {
    opened.add(opening);
    return `(?P<${groupOfTag(opening)}>`;
  }
  const closing = CLOSING.exec(tag)?.[1];
  return closing !== undefined && opened.has(closing) ? ")" : undefined;
}

/** `((?i)a|b)` and `(?:(?i)a|b)` become `(?i:a|b)`: Python refuses flags that are not at the very start. */
function localizeFlags(pattern: string): string {
  return pattern.replace(FLAG_GROUP, (all: string, escaped: string | undefined, flags: string | undefined) =>
    escaped === undefined && flags !== undefined ? `(?${flags}:` : all,
  );
}

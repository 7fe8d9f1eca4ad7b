/** Characters that would break a line or a terminal; the tab is harmless. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\0-\x08\n-\x1f\x7f]/g;
const PRIORITY = /^<\d{1,3}>/;
const RFC5424 = /^1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) /;
const ISO = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:\d\d)$/;
/** `Nov  3 09:05:01`, as RFC 3164 has it, with a year as some devices add it, or a date with zone. */
const OLD_DATE =
  /^(?:[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{8,20}(?:Z|[+-]\d\d:?\d\d)?):? /;
/** A word that is the name of a program, and no host: `sshd[12]:`, `su:`. */
const TAG = /^[^\s:[\]]{1,64}(?:\[[^\]\s]{0,32}\])?:(?: |$)/;

/** When and from where a message came. */
export interface Arrival {
  /** Local date with zone, as `formatArrival` writes it. */
  readonly date: string;
  readonly sender: string;
}

/**
 * The line that a syslog daemon would write for a message of RFC 3164 or RFC 5424, `DATE HOST NAME[PID]: TEXT`.
 * `view` and the line hold one character per byte. Whatever the message says, it is one line: control characters
 * become `#012` as with rsyslog. Dates of RFC 3164 lack year and zone: the time of arrival stands for them.
 */
export function formatSyslog(view: string, arrival: Arrival): string {
  const text = escapeControl(view.slice(0, endOf(view)));
  const header = PRIORITY.exec(text);
  const rest = header ? text.slice(header[0].length) : text;
  return (header && formatNew(rest, arrival)) ?? formatOld(rest, arrival);
}

/** Local time with microseconds and zone: `2026-11-21T00:46:30.014642+01:00`. */
export function formatArrival(seconds: number): string {
  const date = new Date(seconds * 1000);
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 23);
  const size = Math.abs(offset);
  const pad = (part: number): string => String(part).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** Where the line breaks and NULs begin that end a message. A regex would look at every run of them from each place. */
function endOf(view: string): number {
  let end = view.length;
  while (end > 0 && "\r\n\0".includes(view.charAt(end - 1))) {
    end--;
  }
  return end;
}

function escapeControl(text: string): string {
  return text.replaceAll(CONTROL, (char) => `#${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

function formatOld(rest: string, { date, sender }: Arrival): string {
  const dated = OLD_DATE.exec(rest);
  const body = dated ? rest.slice(dated[0].length) : rest;
  // A program on this host writes no host name; a text without date and name is all message.
  const hasHost = dated !== null && !TAG.test(body);
  return hasHost ? `${date} ${body}` : `${date} ${sender} ${body}`;
}

function formatNew(rest: string, arrival: Arrival): string | undefined {
  const header = RFC5424.exec(rest);
  if (!header) {
    return undefined;
  }
  const [all, time = "", host = "", app = "", pid = ""] = header;
  const message = skipStructuredData(rest, all.length);
  if (message === undefined) {
    return undefined;
  }
  const iso = ISO.exec(time);
  const date = iso ? `${iso[1]}${iso[2] ?? ""}${iso[3]}` : arrival.date;
  const from = host === "-" ? arrival.sender : host;
  const tag = app === "-" ? "" : `${app}${pid === "-" ? "" : `[${pid}]`}: `;
  // A byte order mark says that the text is UTF-8, as text from anywhere is taken to be.
  return `${date} ${from} ${tag}${rest.slice(message).replace(/^\u00ef\u00bb\u00bf/, "")}`;
}

/** Where the text begins after `-` or `[id name="value" …]…`; `undefined` when that is not well formed. */
function skipStructuredData(text: string, from: number): number | undefined {
  let at = from;
  if (text[at] === "-") {
    at++;
  } else {
    while (text[at] === "[") {
      const end = skipElement(text, at + 1);
      if (end === undefined) {
        return undefined;
      }
      at = end;
    }
  }
  if (at === from) {
    return undefined;
  }
  return at >= text.length ? at : text[at] === " " ? at + 1 : undefined;
}

function skipElement(text: string, from: number): number | undefined {
  let isQuoted = false;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (isQuoted && char === "\\") {
      at++;
    } else if (char === '"') {
      isQuoted = !isQuoted;
    } else if (char === "]" && !isQuoted) {
      return at + 1;
    }
  }
  return undefined;
}

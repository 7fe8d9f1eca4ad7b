import type { FoundReport, LineReport, NearestReport } from "./explanation";
import type { Place } from "./line-view";

/** Colours of a terminal, by what they are for. */
const CODES = { matched: "32", missed: "31", ignored: "33", faint: "2", offender: "1;31", group: "36" };
type Colour = keyof typeof CODES;

/** Groups that say again what others say. */
const REPEATED: ReadonlySet<string> = new Set(["content", "users"]);
const OFFENDERS: ReadonlySet<string> = new Set(["ip4", "ip6", "dns", "fid", "cidr"]);
const SIGNS = { matched: "+", missed: "-", ignored: "~" };
const LONGEST_REST = 60;
/** Control characters of a log must not reach a terminal. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Writes the report on a line for people, with or without colours. */
export class LineFormatter {
  readonly #isColoured: boolean;

  constructor(isColoured: boolean) {
    this.#isColoured = isColoured;
  }

  format(report: LineReport): string {
    const { line, result, found, nearest } = report;
    const places = found.flatMap((one) => one.places);
    const head = `${this.#paint(SIGNS[result], result)} ${this.#paintPlaces(line, places)}\n`;
    const details = found.map((one) => this.#formatFound(one, line));
    const why = nearest ? [this.#formatNearest(nearest, line)] : [];
    return head + [...details, ...why].map((text) => `    ${text}\n`).join("");
  }

  #formatFound({ failregex, id, time, groups, weight, bantime, places }: FoundReport, line: string): string {
    const placed = new Map(places.map((place) => [place.name, place]));
    const shown = Object.entries(groups).filter(([name]) => !REPEATED.has(name));
    const words = shown.map(([name, value]) => {
      const place = placed.get(name);
      const where = place && line.slice(place.start, place.end) === value ? columns(place) : "";
      return `${this.#paint(name, "faint")}=${this.#paint(showText(String(value)), colourOf(name))}${this.#paint(where, "faint")}`;
    });
    const when = time === undefined ? "no time" : formatTime(time);
    const worth = [
      ...(weight === undefined ? [] : [`weight ${weight}`]),
      ...(bantime === undefined ? [] : [`bantime ${bantime}`]),
    ];
    return [
      this.#paint(showText(id ?? "?"), "offender"),
      when,
      `failregex ${failregex}`,
      ...worth,
      ...words,
    ].join("  ");
  }

  #formatNearest({ regex, failregex, stop, wanted }: NearestReport, line: string): string {
    const name = failregex === undefined ? regex : `${regex} ${failregex}`;
    if (stop === undefined) {
      return `${this.#paint("nearest", "faint")}: ${name} wants ${shorten(wanted)}`;
    }
    const rest = stop >= line.length ? "the end of the line" : `"${shorten(line.slice(stop))}"`;
    return `${this.#paint("nearest", "faint")}: ${name} matches up to column ${stop}; at ${rest} it wants ${shorten(wanted)}`;
  }

  #paintPlaces(line: string, places: readonly Place[]): string {
    let [text, at] = ["", 0];
    for (const place of [...places].sort((a, b) => a.start - b.start)) {
      // Groups in groups are shown by the outer one.
      if (place.start >= at && place.end > place.start) {
        text += showText(line.slice(at, place.start));
        text += this.#paint(showText(line.slice(place.start, place.end)), colourOf(place.name));
        at = place.end;
      }
    }
    return text + showText(line.slice(at));
  }

  #paint(text: string, colour: Colour): string {
    return this.#isColoured && text !== "" ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
  }
}

/** A text as one line that a terminal can be given. */
export function showText(text: string): string {
  return text.replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function colourOf(name: string): Colour {
  return OFFENDERS.has(name) ? "offender" : "group";
}

/** Columns count from 1. */
function columns({ start, end }: Place): string {
  return end > start ? `@${start + 1}-${end}` : `@${start + 1}`;
}

function shorten(text: string): string {
  const shown = showText(text);
  return shown.length > LONGEST_REST ? `${shown.slice(0, LONGEST_REST)}…` : shown;
}

function formatTime(seconds: number): string {
  return `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19)}Z`;
}

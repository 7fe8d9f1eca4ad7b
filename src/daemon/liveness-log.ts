import { formatDuration } from "../model";
import type { LivenessEvent } from "../source";

/** What the log says about a source that behaves oddly. */
export function describeLiveness(
  path: string,
  event: LivenessEvent,
  now: number,
): { readonly level: "WARNING" | "INFO"; readonly message: string } {
  const warn = (text: string) => ({ level: "WARNING", message: `${path} ${text}` }) as const;
  switch (event.type) {
    case "silent":
      return warn(
        `has said nothing for ${spell(event.seconds)}; its longest pause before was ` +
          `${spell(event.usual)}. Is it still written?`,
      );
    case "speaking":
      return { level: "INFO", message: `${path} speaks again after ${spell(event.seconds)}` };
    case "no-dates":
      return warn(
        `has lines without a date that could be read. Set datepattern; a line: ${quote(event.line)}`,
      );
    case "off-clock":
      return warn(describeShift(event.seconds, event.line, now));
    case "slow":
      return warn(
        `is written faster than it is handled: ${event.bytes} bytes wait, for ${spell(event.seconds)}`,
      );
  }
}

function describeShift(seconds: number, line: string, now: number): string {
  const amount = spell(Math.abs(seconds));
  const zone = seconds - new Date(now * 1000).getTimezoneOffset() * 60;
  const advice =
    Math.abs(zone) <= 14 * 3600
      ? `logtimezone = ${formatZone(zone)} would explain it`
      : "the clock of its writer may be wrong";
  return `has dates ${amount} ${seconds < 0 ? "behind" : "ahead of"} the clock: ${advice}. A line: ${quote(line)}`;
}

/** `UTC+0530` */
function formatZone(seconds: number): string {
  const size = Math.abs(seconds);
  const pad = (part: number): string => String(Math.floor(part)).padStart(2, "0");
  return `UTC${seconds < 0 ? "-" : "+"}${pad(size / 3600)}${pad((size % 3600) / 60)}`;
}

function quote(line: string): string {
  return JSON.stringify(line.slice(0, 300));
}

function spell(seconds: number): string {
  return formatDuration(Math.round(seconds));
}

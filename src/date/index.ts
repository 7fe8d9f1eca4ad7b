/**
 * Finds and reads the time stamp of a log line. Takes a line and the time it is read at; gives where the date stands
 * and the moment it names, in the formats of fail2ban's `datepattern`. Never reads a clock, never throws on a line;
 * what to do with an undated line is for others to decide.
 */
export {
  createDateDetector,
  type DateDetector,
  type DateFormat,
  type DateMatch,
  type DateOptions,
  type SettledDate,
  type TemplateReport,
} from "./detector";
export { parseTimezone } from "./zone";

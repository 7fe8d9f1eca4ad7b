/**
 * Reads a fail2ban configuration tree and gives the command stream that fail2ban's client would send, every value
 * with the file and line it was written at, together with all problems found on the way.
 * It yields data, makes nothing live, compiles no regex, starts nothing and never throws for what a file says.
 */
export { parseCall, type Call } from "./call-syntax";
export { ConfigError } from "./config-error";
export { explainOption, listJailOptions, type OptionExplanation, type OptionSource } from "./explain-option";
export {
  hasJail,
  readFilterFile,
  readJailFilter,
  type FilterReading,
  type FilterReference,
} from "./filter-file";
export { formatStream } from "./format-stream";
export type { LogPattern } from "./jail-logs";
export { findNearestName } from "./nearest-name";
export { formatStreamPretty } from "./pretty-stream";
export { readConfiguration, readServerSettings, type Configuration, type ConfigurationOptions } from "./read";
export type { ServerOverrides, ServerSettings } from "./server";
export type { StreamEntry } from "./stream";

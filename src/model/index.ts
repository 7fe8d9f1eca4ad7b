/**
 * The nouns every room shares: addresses, offenders, lines, failures, bans, the specs of jails, events, errors.
 * Pure: no I/O, no clock, no randomness; times are seconds since 1970 and come in as arguments.
 */
export { PERMANENT, banEnd, type Ban, type BanData } from "./ban";
export { CidrMap } from "./cidr-map";
export { PyFloat, PyTuple, type Command, type CommandValue } from "./command";
export { evaluateDuration, formatDuration, parseDuration, secondsOf } from "./duration";
export {
  WarderError,
  formatOrigin,
  formatProblem,
  messageOf,
  type Origin,
  type Problem,
  type Severity,
} from "./errors";
export type { DomainEvent, IgnoreReason, Increased, UnbanReason, Weighted } from "./event";
export { compileExpression, evaluateExpression, type Expression, type Scope } from "./expression";
export { ExpressionError } from "./expression-tokens";
export {
  changeFailure,
  formatMatch,
  type Failure,
  type Groups,
  type GroupValue,
  type MatchedLine,
} from "./failure";
export {
  containsIp,
  formatDotted,
  fullPrefix,
  isSingle,
  makeIp,
  parseDotted,
  parseIp,
  reverseIp,
  type Family,
  type Ip,
} from "./ip";
export type { Block, Entry, Phase } from "./line";
export { roundHalfEven, toNumeric, type Numeric } from "./numeric";
export { familyOf, isAddress, parseOffender, type Offender } from "./offender";
export { RowGroups } from "./row-groups";
export {
  bytesOf,
  copyText,
  countLines,
  countPackedLines,
  isLineCount,
  isNarrow,
  narrowText,
  packFailure,
  packGroups,
  packHead,
  packLines,
  textOf,
  unpackGroups,
  unpackLines,
  viewBytes,
  widenText,
  type Packed,
} from "./packed-failure";
export { formatPython, formatPythonFloat, formatPythonString, formatPythonText } from "./python-repr";
export type {
  ActionSpec,
  ActionValue,
  FilterSpec,
  IgnoreSpec,
  IncrementSpec,
  JailSpec,
  LogSpec,
  SourceSpec,
  Sourced,
  TimeText,
  UseDns,
} from "./spec";
export type { PackedTicket, Ticket, TicketChanges } from "./ticket";
export { FAIL2BAN_VERSION, VERSION } from "./version";
export { parseWorth, type Worth } from "./worth";

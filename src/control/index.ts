/**
 * Control: how clients and the server talk. Takes commands as plain data, gives replies as plain data, over a Unix
 * socket in fail2ban's wire format (pickle, read as data only) or as JSON lines, with events for whoever wants them; knows the grammar of all commands and the texts that
 * clients print. Executes no command itself and never constructs an object that a message names.
 */
export { ControlClient } from "./client";
export { toBool, toFloat, toInt } from "./coerce";
export { textAt, wordAt } from "./command-words";
export { CLOSE, END, frameMessage, MAX_MESSAGE, MessageSplitter } from "./framing";
export { parseCommand } from "./parse-command";
export { ConnectionError, type ConnectionFault } from "./connection-error";
export { EVENT_NAMES, describeEvent, type EventJson } from "./event-json";
export { JsonClient } from "./json-client";
export { fromJson, toJson, type JsonValue } from "./json-value";
export { decodePickle } from "./pickle-decode";
export { encodePickle } from "./pickle-encode";
export { PickleError } from "./pickle-error";
export {
  duplicateJailError,
  indexError,
  keyError,
  plainError,
  regexError,
  RemoteError,
  typeError,
  unknownJailError,
  valueError,
} from "./remote-error";
export { decodeReply, encodeReply, makeErrorReply, type Reply } from "./reply";
export { formatError, formatReply } from "./reply-format";
export type { ReplyStyle } from "./reply-text";
export type {
  JailChange,
  JailList,
  JailOption,
  JailQuery,
  RegexList,
  ReloadOption,
  Request,
  ServerOption,
  ServerRequest,
} from "./request";
export { ControlServer, type CommandHandler, type ControlServerOptions, type Endpoint } from "./server";

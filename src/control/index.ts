/**
 * Control: how clients and the server talk. Takes commands as plain data, gives replies as plain data, over a Unix
 * socket in fail2ban's wire format (pickle, read as data only); knows the grammar of all commands and the texts that
 * clients print. Executes no command itself and never constructs an object that a message names.
 */
export { ConnectionError, ControlClient, type ConnectionFault } from "./client";
export { toBool, toFloat, toInt } from "./coerce";
export { textAt, wordAt } from "./command-words";
export { CLOSE, END, frameMessage, MAX_MESSAGE, MessageSplitter } from "./framing";
export { parseCommand } from "./parse-command";
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

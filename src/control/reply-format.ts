import { formatPythonText, type Command, type CommandValue } from "../model";
import type { Reply } from "./reply";
import { UnexpectedShape } from "./reply-shape";
import {
  TEXTS_BY_FIRST,
  TEXTS_BY_SECOND,
  TEXTS_BY_THIRD,
  type ReplyStyle,
  type ReplyText,
} from "./reply-text";
import { isPythonError, type RemoteError } from "./remote-error";

/** What a client prints for the reply to a command: fail2ban's texts, trees and tables. */
export function formatReply(command: Command, reply: Reply, style: ReplyStyle = { unicode: true }): string {
  return reply.ok ? formatValue(command, reply.value, style) : formatError(reply.error);
}

/** The text for an exception. */
export function formatError(error: RemoteError): string {
  const subject = formatPythonText(error.args[0] ?? "");
  if (error.pythonClass.endsWith(".UnknownJailException")) {
    return `Sorry but the jail '${subject}' does not exist`;
  }
  if (error.pythonClass.endsWith(".DuplicateJailException")) {
    return `The jail '${subject}' already exists`;
  }
  return isPythonError(error, "IndexError") ? "Sorry but the command is invalid" : error.message;
}

/** DIFFERS: a value that a text is not made for is printed as Python prints it, without complaints. */
function formatValue(command: Command, value: CommandValue, style: ReplyStyle): string {
  try {
    return findText(command)?.(value, command, style) ?? formatPythonText(value);
  } catch (error) {
    if (error instanceof UnexpectedShape) {
      return formatPythonText(value);
    }
    throw error;
  }
}

function findText(command: Command): ReplyText | undefined {
  const [first = null, second = null, third = null] = command;
  return TEXTS_BY_FIRST.get(first) ?? TEXTS_BY_SECOND.get(second) ?? TEXTS_BY_THIRD.get(third);
}

import { formatPython, formatPythonString } from "../model";
import { signalNumber, type CommandResult } from "../platform";
import type { ActionLog } from "./action";
import type { Script } from "./script";

const LOGGER = "utils";
const LONGEST_VALUE = 1000;

/** One executed command as the log tells it. */
export interface CommandRecord {
  readonly script: Script;
  readonly result: CommandResult;
  /** Seconds the command was given. */
  readonly timeout: number;
}

let counter = 0;

/** Writes what a command did: everything at ERROR when it failed, its output at DEBUG when it worked. */
export function logCommand(log: ActionLog, record: CommandRecord): void {
  const id = (++counter).toString(16).padStart(12, "0");
  const { result } = record;
  const succeeded = result.code === 0 && !result.timedOut;
  const level = succeeded ? "DEBUG" : "ERROR";
  log(succeeded ? "TRACEDEBUG" : "ERROR", LOGGER, `${id} -- exec: ${formatScript(record.script)}`);
  if (result.timedOut) {
    log("ERROR", LOGGER, `${id} -- timed out after ${record.timeout} seconds.`);
  }
  for (const [name, output] of [
    ["stdout", result.stdout],
    ["stderr", result.stderr],
  ] as const) {
    for (const line of outputLines(output)) {
      log(level, LOGGER, `${id} -- ${name}: ${formatPythonString(line)}`);
    }
  }
  log(level, LOGGER, `${id} -- ${formatEnd(result)}`);
  if (result.code === 127) {
    log("INFO", LOGGER, 'HINT on 127: "Command not found". Check the paths of all programs in this command.');
  }
}

/** The script; with its variables after it when it has some. */
function formatScript(script: Script): string {
  if (script.variables.size === 0) {
    return script.text;
  }
  const values = [...script.variables].map(([name, value]) => `${name}=${shorten(value)}`);
  return formatPython([script.text, ...values]);
}

function shorten(value: string): string {
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
}

function outputLines(output: string): readonly string[] {
  const trimmed = output.replace(/\n$/, "");
  return trimmed === "" ? [] : trimmed.split("\n");
}

function formatEnd(result: CommandResult): string {
  if (result.startError !== undefined) {
    return `could not be started: ${result.startError}`;
  }
  if (result.signal !== undefined) {
    return `killed with ${result.signal} (return code: -${signalNumber(result.signal)})`;
  }
  const code = result.code ?? 0;
  if (code > 128) {
    return `killed with signal ${code - 128} (return code: ${code})`;
  }
  return code === 0 ? "returned successfully 0" : `returned ${code}`;
}

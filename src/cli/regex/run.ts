import { FAIL2BAN_VERSION, messageOf, WarderError } from "../../model";
import type { ClientIo } from "../client-io";
import { parseRegexOptions, type RegexOptions } from "./options";
import { testFilter } from "./test-filter";
import { formatRegexUsage, USAGE } from "./usage";

const FAILED = 255;
const MISUSED = 2;

/**
 * Runs the tool with its arguments (without the program's name) and gives the exit status: 0 however many lines match,
 * 255 when the filter, the log or an option cannot be used, 2 for unknown options.
 */
export async function runRegex(args: readonly string[], io: ClientIo): Promise<number> {
  const call = parseRegexOptions(args);
  switch (call.type) {
    case "help":
      io.out(formatRegexUsage());
      return 0;
    case "version":
      io.out(`fail2ban-regex ${FAIL2BAN_VERSION}\n`);
      return 0;
    case "short-version":
      io.out(`${FAIL2BAN_VERSION}\n`);
      return 0;
    case "error":
      io.err(`${USAGE}\n\nfail2ban-regex: error: ${call.message}\n`);
      return MISUSED;
    case "run":
      return runOptions(call.options, io);
  }
}

async function runOptions(options: RegexOptions, io: ClientIo): Promise<number> {
  const [log, regex, ignoreregex, ...more] = options.words;
  if (log === undefined || regex === undefined || more.length > 0) {
    io.out(formatRegexUsage());
    io.err("\nERROR: provide both <LOG> and <REGEX>.\n");
    return FAILED;
  }
  try {
    await testFilter({ options, io, log, regex, ignoreregex });
    return 0;
  } catch (error) {
    if (error instanceof WarderError || isSystemError(error)) {
      io.out(`ERROR: ${messageOf(error)}\n`);
      return FAILED;
    }
    throw error;
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "code" in error && "syscall" in error;
}

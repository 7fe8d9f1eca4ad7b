import { FAIL2BAN_VERSION, messageOf } from "../model";
import type { ClientIo, ClientLog } from "./client-io";

const PROMPT = "fail2ban> ";

/** What the prompt can do. */
export interface Prompt {
  readonly io: ClientIo;
  readonly log: ClientLog;
  /** Runs one command; failures it tells itself, and what it throws. */
  readonly run: (words: readonly string[]) => Promise<void>;
  readonly help: () => Promise<void>;
}

/** Asks for commands until `exit`, `quit` or the end of the input. */
export async function interact(prompt: Prompt): Promise<number> {
  prompt.io.out(`Fail2Ban v${FAIL2BAN_VERSION} watches logs for failures and bans where they come from.\n\n`);
  const { createInterface } = await import("node:readline");
  const input = createInterface({ input: process.stdin, output: process.stdout, prompt: PROMPT });
  input.prompt();
  for await (const line of input) {
    if (line === "exit" || line === "quit") {
      input.close();
      return 0;
    }
    await runLine(line, prompt);
    input.prompt();
  }
  prompt.io.out("\n");
  return 255;
}

async function runLine(line: string, prompt: Prompt): Promise<void> {
  try {
    if (line === "help") {
      await prompt.help();
      return;
    }
    const words = splitWords(line);
    if (words.length > 0) {
      await prompt.run(words);
    }
  } catch (error) {
    prompt.log.error(messageOf(error));
  }
}

/**
 * Splits a line as a POSIX shell does, without expanding anything.
 * @throws Error for a quote that is not closed and for a backslash at the end
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  const piece = /(\s+)|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)|([\s\S])/y;
  let word: string | undefined;
  for (let match = piece.exec(line); match; match = piece.exec(line)) {
    const [, blank, single, double, escaped, plain, rest] = match;
    if (rest !== undefined) {
      throw new Error(rest === "\\" ? "No escaped character" : "No closing quotation");
    }
    if (blank === undefined) {
      const quoted = double?.replaceAll(/\\(["\\])/g, "$1");
      word = (word ?? "") + (single ?? quoted ?? escaped ?? plain ?? "");
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

import { existsSync } from "node:fs";
import { WarderError, messageOf } from "../model";
import type { Program } from "./program";

/** Where our configuration is. */
export const OWN_TREE = "/etc/warder";
/** Where fail2ban's is. */
export const FAIL2BAN_TREE = "/etc/fail2ban";

/** Our own tree, or fail2ban's where there is only that one: for a start somebody has to say so. */
export async function chooseTree(words: readonly string[], program: Program): Promise<string> {
  if (existsSync(OWN_TREE) || !existsSync(FAIL2BAN_TREE)) {
    return OWN_TREE;
  }
  if (words[0] !== "start") {
    return FAIL2BAN_TREE;
  }
  const question = `There is no ${OWN_TREE}, but there is ${FAIL2BAN_TREE}. Use that one as it is? [y/N] `;
  if (process.stdin.isTTY && (await ask(question, program))) {
    return FAIL2BAN_TREE;
  }
  const how = `warder start --conf ${FAIL2BAN_TREE}`;
  throw new WarderError(
    "no-tree",
    `There is no ${OWN_TREE}. To run fail2ban's configuration as it is: ${how}`,
  );
}

async function ask(question: string, program: Program): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y/i.test(await lines.question(question));
  } catch (error) {
    program.io.err(`${messageOf(error)}\n`);
    return false;
  } finally {
    lines.close();
  }
}

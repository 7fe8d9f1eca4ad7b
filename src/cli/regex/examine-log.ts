import { WarderError } from "../../model";
import { reportWork } from "../../platform";
import { parseEncoding, readBlocks, textBlock } from "../../source";
import type { Examination } from "./examination";
import { textLines, useLine } from "./header";
import { examineJournal } from "./journal";
import type { LogChoice } from "./log-choice";
import { encodingName, type ReadingNeeds } from "./reading-needs";

/** About how many bytes a line has. */
const USUAL_LINE = 100;

/** Tells what is read and hands every line of it over. Throws `WarderError` and what opening throws. */
export async function examineLog(
  log: LogChoice,
  examination: Examination,
  needs: ReadingNeeds,
): Promise<void> {
  switch (log.type) {
    case "journal":
      return examineJournal(log.backend, examination, needs);
    case "text":
      needs.say(`${textLines(log.text)}\n`);
      return takeBlocks([textBlock(log.text)], examination);
    case "file":
      return examineFile(log.path, examination, needs);
  }
}

async function examineFile(path: string, examination: Examination, needs: ReadingNeeds): Promise<void> {
  const name = encodingName(needs);
  const encoding = parseEncoding(name);
  if (!encoding) {
    throw new WarderError("log-encoding", `unknown encoding: ${name}`);
  }
  needs.say(`${useLine("log file", path)}${useLine("encoding", name)}\n`);
  await takeBlocks(readBlocks(path, encoding), examination);
}

async function takeBlocks(
  blocks: ReturnType<typeof readBlocks> | Iterable<ReturnType<typeof textBlock>>,
  examination: Examination,
): Promise<void> {
  for (const block of blocks) {
    for (let start = 0; start < block.length; start = examination.next) {
      // Few lines have to wait for a name to be resolved; an await for each would cost more than the rest.
      const waiting = examination.takeNext(block, start);
      if (waiting) {
        await waiting;
      }
    }
    reportWork(block.length / USUAL_LINE);
  }
}

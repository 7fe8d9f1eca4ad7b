import { formatPython, WarderError } from "../../model";
import { journalArguments, runJournal, type JournalPlace } from "../../source";
import { parseCall } from "../../config";
import type { Examination } from "./examination";
import { encodingName, type ReadingNeeds } from "./reading-needs";
import { useLine } from "./header";

const PLACE_OPTIONS = new Set(["journalpath", "journalfiles", "journalflags", "namespace", "rotated"]);

/** Hands every entry of the journal over. Throws `WarderError` when it cannot be read. */
export async function examineJournal(
  backend: string,
  examination: Examination,
  needs: ReadingNeeds,
): Promise<void> {
  const { args } = parseCall(backend);
  const unknown = [...args.keys()].find((name) => !PLACE_OPTIONS.has(name));
  if (unknown !== undefined) {
    throw new WarderError("journal-option", `unknown option of systemd-journal: ${formatPython(unknown)}`);
  }
  const matches = matchesOf(needs);
  needs.say("Use         systemd journal\n");
  needs.say(useLine("encoding", encodingName(needs)));
  if (matches.length > 0) {
    needs.say(useLine("journal match", matches.map((group) => group.join(" ")).join(" + ")));
  }
  needs.say("\n");
  const place = placeOf(args);
  const fields = examination.fieldNames;
  const run = runJournal(
    "journalctl",
    journalArguments({ place, matches, start: undefined, fields }),
    async (entries) => {
      for (const { entry } of entries) {
        await examination.takeEntry(entry);
      }
    },
  );
  const { failure } = await run.ended;
  if (failure !== undefined) {
    const reason = failure === "ENOENT" ? "the program journalctl is not installed" : failure;
    throw new WarderError("journal", `Cannot read the journal: ${reason}`);
  }
}

function placeOf(args: ReadonlyMap<string, string>): JournalPlace {
  const text = Object.fromEntries([...args].filter(([name]) => name !== "journalflags"));
  const flags = args.get("journalflags");
  return flags === undefined ? text : { ...text, journalflags: Number(flags) };
}

function matchesOf({ options, settings }: ReadingNeeds): readonly (readonly string[])[] {
  if (options.journalmatch === undefined) {
    return settings.journalmatch;
  }
  const groups: string[][] = [[]];
  for (const word of options.journalmatch.split(/\s+/).filter((part) => part !== "")) {
    if (word === "+") {
      groups.push([]);
    } else {
      groups.at(-1)?.push(word);
    }
  }
  return groups.filter((group) => group.length > 0);
}

import { writeSync } from "node:fs";
import { parseOffender } from "../model";
import { openStore } from "./open-store";

/** Writes one ban after the other and tells each on standard output, until somebody kills it. */
async function writeForever(path: string): Promise<void> {
  const { store } = await openStore(path, 1);
  for (let i = 0; ; i++) {
    store.addBan({
      jail: "sshd",
      offender: parseOffender(`user ${i}`),
      time: i,
      bantime: -1,
      bancount: 1,
      restored: false,
      data: { matches: ["a line"], failures: 1, groups: new Map() },
    });
    writeSync(1, `${i}\n`);
  }
}

await writeForever(process.argv[2] ?? "");

import { join } from "node:path";
import { makeProgram } from "./program";
import { runServer } from "./server";

const program = makeProgram("/etc/fail2ban");
void runServer(process.argv.slice(2), { ...program, readerScript: join(__dirname, "reader.cjs") }).then(
  (status) => {
    // A reader thread or a waiting command must not keep an ended daemon alive.
    process.exit(status);
  },
);

import { join } from "node:path";
import { makeProgram } from "./program";
import { runWarder } from "./warder";

const root = join(__dirname, "..");
void runWarder(process.argv.slice(2), {
  ...makeProgram("/etc/warder"),
  readerScript: join(__dirname, "reader.cjs"),
  server: join(root, "bin", "fail2ban-server"),
  shippedTree: join(root, "config"),
}).then((status) => process.exit(status));

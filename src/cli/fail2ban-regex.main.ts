import { makeProgram } from "./program";
import { runRegex } from "./regex";

const { io } = makeProgram("/etc/fail2ban");
void runRegex(process.argv.slice(2), io).then((status) => {
  process.exitCode = status;
});

import { prepareTool } from "../platform";
import { makeProgram } from "./program";
import { runRegex } from "./regex";

prepareTool();
const { io } = makeProgram("/etc/fail2ban");
void runRegex(process.argv.slice(2), io).then((status) => {
  process.exitCode = status;
});

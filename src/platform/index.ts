/**
 * All that is taken from the system: clock, commands, files, sockets, name service, log output.
 * Nothing here knows what a jail is, and milliseconds do not leave this folder.
 */
export { Alarms } from "./alarms";
export { compileGlob, globPaths, listFolder } from "./glob";
export {
  isFolder,
  pathExists,
  readTextFile,
  replaceFile,
  type TextFile,
  type TextFileFailure,
} from "./text-file";
export {
  createShellRunner,
  signalNumber,
  type CommandRequest,
  type CommandResult,
  type CommandRunner,
  type CommandSurroundings,
} from "./command-runner";
export { createProgramRunner, type Program } from "./program-runner";
export { atExit } from "./at-exit";
export { systemClock, type Clock } from "./clock";
export { Deadline } from "./deadline";
export { LOG_LEVELS, formatDateTime, formatLogTime, type LogLevel } from "./log-line";
export { cleanUpAfter, expectWork, prepareRuntime, prepareTool, reportWork } from "./runtime";
export { findIntruder } from "./safe-path";
export { Logger, type Log } from "./logger";
export type { LogPlaces } from "./open-log-target";
export {
  ServiceManager,
  takeInheritedSocket,
  type InheritedSocket,
  type ServiceState,
} from "./service-manager";
export {
  interfaceAddresses,
  lookupTexts,
  ownNames,
  systemResolver,
  type Resolver,
  type TextRecords,
} from "./resolver";

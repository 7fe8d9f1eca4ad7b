/**
 * `warder jails`, `warder enable` and `warder disable`: which jails would guard what runs on this machine, and switching
 * them on and off in `jail.local`. Takes a configuration folder and what the machine tells of itself; writes no other file.
 */
export { readMachine, type Machine } from "./machine";
export { runJails, type JailsRequest } from "./run-jails";
export { runSwitch, type SwitchRequest } from "./run-switch";

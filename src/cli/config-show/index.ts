/**
 * `warder config show JAIL [OPTION]`: takes a configuration folder, gives the values that are in effect for a jail, its
 * filter and its actions, and the files and lines they come from. Reads files and nothing else.
 */
export { runConfigShow, type ShowRequest } from "./run-config-show";

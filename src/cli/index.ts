/**
 * Command lines: takes arguments, gives output and exit states, for people and for the programs that read it.
 * Holds no rule of its own about jails, filters or bans; the thin `*.main.ts` files are the programs.
 */
export { runClient } from "./client";
export { ClientError, ClientLog, type ClientDefaults, type ClientIo } from "./client-io";

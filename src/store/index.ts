/**
 * Takes bans and log positions, gives them back after a restart: fail2ban's own database (SQLite, schema 4), which
 * both programs can use in turn. Never decides who is banned; never retries: a failed call changed nothing.
 */
export { hashFirstLine } from "./first-line-hash";
export { openStore, type OpenedStore, type Opening } from "./open-store";
export { JOURNAL_PATH, type BanHistory, type LogPosition, type Store } from "./store";
export type { CurrentBansRule } from "./stored-ban";
export { StoreError, type StoreProblem } from "./store-error";

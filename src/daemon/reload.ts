import type { CommandValue, JailSpec } from "../model";
import { plainError, unknownJailError, type ServerRequest } from "../control";
import type { Daemon } from "./daemon";
import { checkSpec } from "./jail-values";
import { readLogPatterns } from "./log-patterns";
import { toRemoteError } from "./remote-failure";
import { foldStream } from "./stream-fold";

/** Requests that bring a whole stream of commands. */
export type ReloadRequest = Extract<ServerRequest, { readonly type: "reload" }>;
export type ServerStream = Extract<ServerRequest, { readonly type: "server-stream" }>;

/**
 * Takes over a new configuration, touching only what differs: bans, counters and places in logs stay.
 * DIFFERS: a stream with anything wrong in it changes nothing at all; fail2ban drops the jails it did not get to. And a
 * jail that a client found broken and left out goes on as it is; fail2ban stops it, and nobody watches its logs.
 */
export async function reload(daemon: Daemon, request: ReloadRequest): Promise<CommandValue> {
  const { log } = daemon.logger;
  const folded = foldStream(
    request.stream.map((command) => ({ command })),
    readLogPatterns(request.more),
  );
  if (folded.error !== undefined) {
    throw toRemoteError(folded.error);
  }
  folded.jails.forEach(checkSpec);
  const { jail: name, options } = request;
  if (name !== undefined && !daemon.hasJail(name) && !options.includes("--if-exists")) {
    throw unknownJailError(name);
  }
  log("INFO", "server", name === undefined ? "Reload all jails" : `Reload jail ${name}`);
  const affected = daemon.jails.filter((jail) => name === undefined || jail.name === name);
  if (options.includes("--unban")) {
    await Promise.all(affected.map((jail) => jail.unbanAll()));
  }
  if (options.includes("--restart")) {
    await Promise.all(affected.map((jail) => daemon.stopJail(jail.name, "pause")));
  }
  folded.problems.forEach(({ message }) => log("ERROR", "configreader", message));
  const broken = brokenJails(folded);
  await takeOver(
    daemon,
    folded,
    affected.map((jail) => jail.name).filter((one) => !broken.has(one)),
  );
  for (const one of broken) {
    if (daemon.hasJail(one)) {
      log("WARNING", "server", `Jail '${one}' goes on as it was: its new configuration cannot be used`);
    }
  }
  log("INFO", "server", "Reload finished.");
  return "OK";
}

/**
 * Takes the configuration of a server just started: what is good in it goes to work. Gives what is not as texts for the
 * client, `null` when there is nothing to say. Throws `RemoteError` when no jail is left.
 */
export async function loadFromClient(daemon: Daemon, request: ServerStream): Promise<CommandValue> {
  const entries = request.stream.map((command) => ({ command }));
  const problems = await daemon.load(entries, readLogPatterns(request.more));
  const texts = problems.map(
    ({ jail, message }) => `${jail === undefined ? "" : `jail '${jail}': `}${message}`,
  );
  texts.forEach((text) => daemon.logger.log("ERROR", "configreader", text));
  if (texts.length > 0 && daemon.jails.length === 0) {
    throw plainError(texts.join("\n"));
  }
  return texts.length > 0 ? texts : null;
}

/** Jails a client could not read; in their place it sends a text. */
function brokenJails({ problems }: ReturnType<typeof foldStream>): ReadonlySet<string> {
  const names = problems.map(({ message }) => /^Jail '(.+?)' skipped, because of /.exec(message)?.[1]);
  return new Set(names.filter((one) => one !== undefined));
}

async function takeOver(
  daemon: Daemon,
  folded: ReturnType<typeof foldStream>,
  affected: readonly string[],
): Promise<void> {
  for (const { option, value } of folded.server) {
    await daemon.options.set(option, value, daemon.jails.length);
  }
  const wanted = new Set(folded.jails.map((spec) => spec.name));
  const gone = affected.filter((name) => !wanted.has(name) && daemon.hasJail(name));
  await Promise.all(gone.map((name) => daemon.stopJail(name)));
  for (const spec of folded.jails) {
    await takeOverJail(daemon, spec);
  }
}

async function takeOverJail(daemon: Daemon, spec: JailSpec): Promise<void> {
  const { log } = daemon.logger;
  if (!daemon.hasJail(spec.name)) {
    await daemon.startJail(spec);
    return;
  }
  const jail = daemon.jail(spec.name);
  const before = jail.spec.source.backend;
  if (before !== spec.source.backend) {
    log("INFO", "server", `Restart jail '${spec.name}' (reason: '${before}' != '${spec.source.backend}')`);
    await daemon.stopJail(spec.name, "pause");
    await daemon.startJail(spec);
    return;
  }
  log("INFO", "server", `Reload jail '${spec.name}'`);
  await jail.change(spec);
  daemon.checkFilters();
  log("INFO", "server", `Jail '${spec.name}' reloaded`);
}

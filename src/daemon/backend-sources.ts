import type { LogSpec } from "../model";
import { valueError } from "../control";
import { COMMAND_PREFIX, isSourceAddress, parseSyslogAddress } from "../source";
import { journalOptions } from "./journal-backend";

/** Backends that read no files; fail2ban has none of them and refuses a jail that names one. */
const OWN_BACKENDS = ["syslog", "command"] as const;

/** A backend of ours that takes the place of log files: `syslog` or `command`; `undefined` for all others. */
export function ownBackend(backend: string): (typeof OWN_BACKENDS)[number] | undefined {
  return OWN_BACKENDS.find((name) => backend.trim() === name || backend.trim().startsWith(`${name}[`));
}

/**
 * What a backend of ours reads, in place of `logpath`: addresses of `syslog[listen="udp://127.0.0.1:5514 …"]`, or the
 * command of `command[run="docker logs -f web"]`. Nothing for other backends. Throws `RemoteError` when it cannot.
 */
export function backendSources(backend: string): readonly LogSpec[] {
  switch (ownBackend(backend)) {
    case "syslog":
      return listAddresses(backend).map((path) => ({ path, position: "head" }));
    case "command":
      return [{ path: `${COMMAND_PREFIX}${readCommand(backend)}`, position: "head" }];
    case undefined:
      return [];
  }
}

/**
 * Refuses a `logpath` that would not be read as a file: whoever may name a log must not thereby start a command or open
 * a port. Throws `RemoteError`.
 */
export function requireFile(logpath: string): void {
  if (isSourceAddress(logpath)) {
    const example = logpath.startsWith(COMMAND_PREFIX)
      ? `backend = command[run='…']`
      : `backend = syslog[listen="${logpath}"]`;
    throw valueError(
      `logpath ${logpath} is no path of a file. Write ${example}, or the whole path for a file of that name`,
    );
  }
}

function listAddresses(backend: string): readonly string[] {
  const { listen = "" } = journalOptions(backend);
  const addresses = listen.split(/\s+/).filter((part) => part !== "");
  const wrong = addresses.find((address) => !parseSyslogAddress(address));
  if (addresses.length === 0 || wrong !== undefined) {
    const example = 'syslog[listen="udp://127.0.0.1:5514 tcp://127.0.0.1:5514"]';
    throw valueError(`backend ${backend} has no usable address to listen at. Write it like ${example}`);
  }
  return [...new Set(addresses)];
}

function readCommand(backend: string): string {
  const { run = "" } = journalOptions(backend);
  if (run.trim() === "") {
    throw valueError(`backend ${backend} has no command. Write it like command[run="docker logs -f web"]`);
  }
  return run.trim();
}

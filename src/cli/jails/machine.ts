import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** What runs on this machine, as far as we may see it. */
export interface Machine {
  /** Names of running programs, as `ps` shows them and as they were started. */
  readonly programs: ReadonlySet<string>;
  /** Names of installed systemd units and of init scripts, without `.service`. */
  readonly units: ReadonlySet<string>;
  /** Ports something listens at. */
  readonly ports: Readonly<Record<"tcp" | "udp", ReadonlySet<number>>>;
  /** The number of a port's name, as /etc/services has it. */
  readonly portNumbers: ReadonlyMap<string, number>;
}

const UNIT_FOLDERS = [
  "etc/systemd/system",
  "run/systemd/system",
  "usr/local/lib/systemd/system",
  "usr/lib/systemd/system",
  "lib/systemd/system",
];
const INIT_FOLDERS = ["etc/init.d", "etc/rc.d", "usr/local/etc/rc.d"];
/** States in proc_pid_net(5): a TCP socket that listens, a UDP socket that is bound. */
const LISTENING = { tcp: "0A", udp: "07" } as const;

/** Looks around; what cannot be read is not there. `root` is where the file systems begin. */
export function readMachine(root = "/"): Machine {
  return {
    programs: new Set(readPrograms(root)),
    units: new Set([
      ...UNIT_FOLDERS.flatMap((folder) => namesIn(join(root, folder)).flatMap(unitName)),
      ...INIT_FOLDERS.flatMap((folder) => namesIn(join(root, folder))),
    ]),
    ports: { tcp: readPorts(root, "tcp"), udp: readPorts(root, "udp") },
    portNumbers: readPortNumbers(root),
  };
}

/** The kernel cuts the names of programs at 15 characters; the first word of the command line is whole. */
function readPrograms(root: string): string[] {
  return namesIn(join(root, "proc"))
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const folder = join(root, "proc", pid);
      const [command = ""] = readText(join(folder, "cmdline")).split(/[\0 ]/, 1);
      return [readText(join(folder, "comm")).trim(), basename(command).replace(/:$/, "")];
    })
    .filter((name) => name !== "");
}

/** `nginx.service` is `nginx`; instances of templates (`x@y.service`) count as `x`. */
function unitName(file: string): string[] {
  const name = /^([^@]+)(?:@.*)?\.service$/.exec(file)?.[1];
  return name === undefined ? [] : [name];
}

function readPorts(root: string, protocol: "tcp" | "udp"): ReadonlySet<number> {
  const ports = [protocol, `${protocol}6`].flatMap((name) =>
    readText(join(root, "proc/net", name))
      .split("\n")
      .flatMap((line) => {
        const [, port = "", state = ""] =
          /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ ([0-9A-F]{2}) /.exec(line) ?? [];
        return state === LISTENING[protocol] ? [Number.parseInt(port, 16)] : [];
      }),
  );
  return new Set(ports);
}

function readPortNumbers(root: string): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const line of readText(join(root, "etc/services")).split("\n")) {
    const [, name = "", port = "", others = ""] = /^([\w.+-]+)\s+(\d+)\/\w+([^#]*)/.exec(line) ?? [];
    for (const one of [name, ...others.trim().split(/\s+/)].filter((word) => word !== "")) {
      numbers.set(one, numbers.get(one) ?? Number(port));
    }
  }
  return numbers;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

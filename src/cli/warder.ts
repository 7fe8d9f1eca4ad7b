import { FAIL2BAN_VERSION, VERSION, WarderError } from "../model";
import type { ClientDefaults } from "./client-io";
import { chooseTree, FAIL2BAN_TREE, OWN_TREE } from "./choose-tree";
import type { Program } from "./program";
import { gatherOptions, splitLeading } from "./warder-options";

/** What the `warder` command knows of its place. */
export interface WarderProgram extends Program {
  readonly readerScript: string;
  /** Executable of the server. */
  readonly server: string;
  /** The configuration tree that comes with us. */
  readonly shippedTree: string;
}

/** One command: its words, what it is for, and what it does with the words behind it. */
interface WarderCommand {
  readonly usage: string;
  readonly help: string;
  /** `options` are those of the client (`--conf DIR`), written before or behind the command. */
  run(words: readonly string[], options: readonly string[], program: WarderProgram): Promise<number>;
}

const FAILED = 255;

const COMMANDS: ReadonlyMap<string, WarderCommand> = new Map<string, WarderCommand>([
  [
    "protect",
    {
      usage: "protect [--conf DIR] [--demo]",
      help: "watch this machine in the foreground and tell in plain words what happens",
      run: async (words, options, program) =>
        (await import("./protect")).protect([...options, ...words], program),
    },
  ],
  ["start", passOn("start [-f]", "start the daemon, in the background or (-f) in the foreground", ["start"])],
  ["stop", passOn("stop", "stop the daemon; bans are remembered", ["stop"])],
  ["restart", passOn("restart [JAIL]", "stop and start again", ["restart"])],
  ["reload", passOn("reload [JAIL]", "take over a changed configuration; bans stay", ["reload"])],
  [
    "status",
    {
      usage: "status [JAIL]",
      help: "what is watched, who failed, who is banned, and whether the firewall has it",
      run: showStatus,
    },
  ],
  ["banned", passOn("banned [IP ...]", "who is banned, or in which jails these addresses are", ["banned"])],
  [
    "ban",
    {
      usage: "ban JAIL IP ...",
      help: "ban addresses in a jail",
      run: ([jail, ...ids], options, program) =>
        jail === undefined || ids.length === 0
          ? refuse(program, "ban needs a jail and an address: warder ban sshd 192.0.2.1")
          : asClient(options, ["set", jail, "banip", ...ids], program),
    },
  ],
  [
    "unban",
    {
      usage: "unban IP ... | --all",
      help: "unban addresses in every jail",
      run: (words, options, program) =>
        words.length === 0
          ? refuse(program, "unban needs an address, or --all")
          : asClient(options, ["unban", ...words], program),
    },
  ],
  [
    "events",
    {
      usage: "events [NAME ...]",
      help: "what happens, as it happens: found, ban, unban ...",
      run: followDaemon,
    },
  ],
  [
    "sources",
    {
      usage: "sources [JAIL ...]",
      help: "what the jails read, how far they are, and what is wrong with it",
      run: showSources,
    },
  ],
  [
    "jails",
    {
      usage: "jails [--all] [--json]",
      help: "which jails are on, and which would guard what runs on this machine",
      run: async (words, options, program) => {
        const { readMachine, runJails } = await import("./jails");
        const request = { directory: await treeOf(options, program), json: options.includes(JSON_OPTION) };
        return words.some((word) => word !== ALL_OPTION)
          ? refuse(program, "jails takes no names: warder jails [--all] [--json]")
          : runJails({ ...request, all: words.includes(ALL_OPTION) }, readMachine(), program.io);
      },
    },
  ],
  ["enable", switchJails("enable", "switch jails on, in jail.local", true)],
  ["disable", switchJails("disable", "switch jails off, in jail.local", false)],
  [
    "check",
    {
      usage: "check [--all] [--json]",
      help: "read the whole configuration and tell all that is wrong with it; --all: jails that are off, too",
      run: async (words, options, program) => {
        if (words.some((word) => word !== ALL_OPTION)) {
          return refuse(
            program,
            `check takes no "${words.join(" ")}": warder check [--conf DIR] [--all] [--json]`,
          );
        }
        const directory = await treeOf(options, program);
        const request = { directory, json: options.includes(JSON_OPTION), all: words.includes(ALL_OPTION) };
        return (await import("./check")).runCheck(request, program.io);
      },
    },
  ],
  [
    "config",
    {
      usage: "config show JAIL [OPTION]",
      help: "the values in effect for a jail, and the files and lines they come from",
      run: showConfig,
    },
  ],
  [
    "regex",
    {
      usage: "regex LOG FILTER [--json] [--color]",
      help: "try a filter, or a regular expression, on a log or a line, and tell why lines match or not",
      run: async (words, options, program) =>
        (await import("./regex")).explainRegex([...options, ...words], program.io, {
          isTerminal: process.stdout.isTTY && !process.env["NO_COLOR"],
        }),
    },
  ],
]);

/**
 * `warder COMMAND …`: the friendly front of client, server and tools. Words it does not know go to the daemon as they
 * are (`get`, `set` …). Gives the exit status.
 */
export async function runWarder(args: readonly string[], program: WarderProgram): Promise<number> {
  const [first = "help"] = args;
  if (first === "help" || first === "-h" || first === "--help") {
    program.io.out(formatHelp());
    return args.length === 0 ? FAILED : 0;
  }
  if (first === "--version" || first === "-V" || first === "version") {
    program.io.out(
      `warder ${VERSION} (stands for fail2ban ${FAIL2BAN_VERSION}), Node.js ${process.versions.node}\n`,
    );
    return 0;
  }
  try {
    const leading = splitLeading(args);
    const [name = "", ...rest] = leading.words;
    const command = COMMANDS.get(name);
    if (name === "regex" || name === "protect") {
      return (await command?.run(rest, leading.options, program)) ?? FAILED;
    }
    const { options, words } = gatherOptions([...leading.options, ...rest]);
    return command
      ? await command.run(words, options, program)
      : await asClient(options, [name, ...words], program);
  } catch (error) {
    if (error instanceof WarderError) {
      return refuse(program, error.message);
    }
    throw error;
  }
}

/** A command of the client, with the options given before or behind it. */
function passOn(usage: string, help: string, words: readonly string[]): WarderCommand {
  return { usage, help, run: (rest, options, program) => asClient(options, [...words, ...rest], program) };
}

function switchJails(name: string, help: string, enabled: boolean): WarderCommand {
  return {
    usage: `${name} JAIL ...`,
    help,
    run: async (jails, options, program) => {
      if (jails.length === 0) {
        return refuse(program, `${name} needs a jail: warder ${name} sshd`);
      }
      const { runSwitch } = await import("./jails");
      return runSwitch({ directory: await treeOf(options, program), jails, enabled }, program.io);
    },
  };
}

async function asClient(
  options: readonly string[],
  words: readonly string[],
  program: WarderProgram,
): Promise<number> {
  const defaults = await defaultsFor(options, words, program);
  if (options.includes(JSON_OPTION)) {
    return askForJson(options, words, { ...program, defaults });
  }
  const { runServer } = await import("./server");
  return runServer([...options, ...words], {
    io: program.io,
    script: program.server,
    readerScript: program.readerScript,
    defaults,
  });
}

async function defaultsFor(
  options: readonly string[],
  words: readonly string[],
  program: WarderProgram,
): Promise<ClientDefaults> {
  const isNamed = options.includes("-c") || options.includes("--conf");
  const conf = isNamed ? OWN_TREE : await chooseTree(words, program);
  return { program: "warder", conf, server: program.server };
}

async function askForJson(
  options: readonly string[],
  words: readonly string[],
  program: WarderProgram,
): Promise<number> {
  const [{ hasJsonAnswer, printJson }, { withSocket }] = await Promise.all([
    import("./json-output"),
    import("./ask-daemon"),
  ]);
  return hasJsonAnswer(words)
    ? withSocket(withoutJson(options), program.defaults, program.io, (socket) =>
        printJson(words, socket, program.io),
      )
    : refuse(program, `${words[0] ?? ""} has no answer to show as JSON`);
}

/** fail2ban's text lists every ban of a jail alike, in force or not: what has become of them follows it. */
async function showStatus(
  words: readonly string[],
  options: readonly string[],
  program: WarderProgram,
): Promise<number> {
  const status = await asClient(options, ["status", ...words], program);
  const [first] = words;
  if (status !== 0 || first === undefined || options.includes(JSON_OPTION)) {
    return status;
  }
  const jail = first === ALL_OPTION ? undefined : first;
  return atSocket(options, program, async (socket) =>
    (await import("./enforcement-text")).printEnforcement(socket, jail, program.io),
  );
}

function followDaemon(
  names: readonly string[],
  options: readonly string[],
  program: WarderProgram,
): Promise<number> {
  return atSocket(options, program, async (socket, json) => {
    await (await import("./events")).followEvents(socket, { names, json }, program.io);
  });
}

function showSources(
  jails: readonly string[],
  options: readonly string[],
  program: WarderProgram,
): Promise<number> {
  return atSocket(options, program, async (socket, json) => {
    await (await import("./sources")).printSources(
      socket,
      { jails, json, now: Date.now() / 1000 },
      program.io,
    );
  });
}

async function atSocket(
  options: readonly string[],
  program: WarderProgram,
  work: (socket: string, json: boolean) => Promise<void>,
): Promise<number> {
  const { withSocket } = await import("./ask-daemon");
  const defaults = await defaultsFor(options, [], program);
  const json = options.includes(JSON_OPTION);
  return withSocket(withoutJson(options), defaults, program.io, (socket) => work(socket, json));
}

function withoutJson(options: readonly string[]): readonly string[] {
  return options.filter((option) => option !== JSON_OPTION);
}

const JSON_OPTION = "--json";
const ALL_OPTION = "--all";

async function showConfig(
  words: readonly string[],
  options: readonly string[],
  program: WarderProgram,
): Promise<number> {
  const [verb, jail, option, ...more] = words;
  if (verb !== "show" || jail === undefined || more.length > 0) {
    return refuse(program, "say which jail: warder config show JAIL [OPTION] [--json]");
  }
  const request = { directory: await treeOf(options, program), jail, json: options.includes(JSON_OPTION) };
  const { runConfigShow } = await import("./config-show");
  return runConfigShow(option === undefined ? request : { ...request, option }, program.io);
}

/** The configuration folder that was named, or the one there is. */
async function treeOf(options: readonly string[], program: WarderProgram): Promise<string> {
  const named = options.findLastIndex((option) => option === "-c" || option === "--conf");
  return (named < 0 ? undefined : options[named + 1]) ?? (await chooseTree([], program));
}

function refuse(program: WarderProgram, message: string): Promise<number> {
  program.io.err(`warder: ${message}\n`);
  return Promise.resolve(FAILED);
}

function formatHelp(): string {
  const width = Math.max(...[...COMMANDS.values()].map(({ usage }) => usage.length));
  const lines = [...COMMANDS.values()].map(({ usage, help }) => `  ${usage.padEnd(width)}  ${help}\n`);
  return [
    "warder watches logs, counts failures per offender and bans offenders at the firewall.\n\n",
    "Usage: warder [--conf DIR] [--socket FILE] COMMAND\n\n",
    ...lines,
    "\nWith --json, status, banned, events and all questions answer as JSON, one value per line.\n",
    "Any other word goes to the daemon as it is: warder get sshd bantime, warder set sshd maxretry 3.\n",
    `The configuration is ${OWN_TREE}; one of fail2ban is used unchanged with --conf ${FAIL2BAN_TREE}.\n`,
  ].join("");
}

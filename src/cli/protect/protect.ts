import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FAIL2BAN_VERSION, VERSION } from "../../model";
import { readConfiguration, readServerSettings } from "../../config";
import { serve, type LiveJail, type Serving } from "../../daemon";
import type { WarderProgram } from "../warder";
import { makeOverlay, type OverlayFiles } from "./overlay";
import { lookAround, makePlan, type Plan } from "./plan";
import { SAMPLE_ATTACK, formatSampleLine } from "./sample-attack";
import { choosePlaces, replaySettings, settingsFor, temporaryPlaces, type RunPlaces } from "./settings";
import { Story, describeSeconds } from "./story";

interface Run {
  readonly plan: Plan;
  readonly places: RunPlaces;
  readonly overlay: string;
  readonly program: WarderProgram;
}

/**
 * `warder protect`: finds out what this machine has, and watches it in the foreground: bans where it can, otherwise
 * only observes, and replays a sample attack where there is nothing to watch. Ends by Ctrl-C; the replay by itself.
 */
export async function protect(words: readonly string[], program: WarderProgram): Promise<number> {
  const conf = valueOf(words, ["-c", "--conf"]);
  const around = await lookAround();
  const plan = makePlan(around, {
    shippedTree: program.shippedTree,
    demo: words.includes("--demo"),
    ...(conf === undefined ? {} : { conf }),
  });
  const folder = mkdtempSync(join(tmpdir(), "warder-"));
  try {
    return plan.mode === "replay"
      ? await replay(
          { plan, places: temporaryPlaces(folder), overlay: join(folder, "tree"), program },
          folder,
        )
      : await watch({
          plan,
          places: choosePlaces(around.isRoot, homedir()),
          overlay: join(folder, "tree"),
          program,
        });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function watch(run: Run): Promise<number> {
  const { plan, places, program } = run;
  const { jails } = readConfiguration({
    directory: plan.tree,
    tolerateMissingLogs: true,
    version: FAIL2BAN_VERSION,
  });
  const headline =
    plan.mode === "ban"
      ? "protecting this machine: offenders are blocked at the firewall."
      : `OBSERVING ONLY, nothing is blocked: ${plan.reason}.`;
  say(program, `warder ${VERSION}: ${headline}`, `Configuration: ${plan.tree}`);
  const serving = await start(run, settingsFor(plan, places, jails));
  say(program, "Press Ctrl-C to end.", "");
  const story = listen(serving, program);
  const status = await serving.ended;
  say(program, "", `Ended. ${story.summary} Bans are remembered in ${places.dbfile}.`);
  return status;
}

async function replay(run: Run, folder: string): Promise<number> {
  const { plan, places, program } = run;
  const log = join(folder, "auth.log");
  writeFileSync(log, "");
  say(
    program,
    `warder ${VERSION}: replaying a sample attack, ${plan.reason}.`,
    "The same daemon that would protect a server reads a real file with the real sshd filter, and keeps a real",
    "database; the addresses are for documentation, and nothing is blocked on this machine.",
  );
  const serving = await start(run, replaySettings(places, log));
  say(program, "");
  const story = listen(serving, program);
  await Promise.race([writeAttack(log).then(() => allUnbanned(serving)), serving.ended]);
  say(program, "", `Ended. ${story.summary}`);
  say(program, "To protect a server: run this as root where sshd writes a log, or see the README.");
  await serving.stop();
  return serving.ended;
}

async function start(run: Run, files: OverlayFiles): Promise<Serving> {
  const { places, overlay, program } = run;
  makeOverlay(run.plan.tree, overlay, files);
  for (const path of [places.socket, places.dbfile, places.logtarget]) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  }
  chmodSync(overlay, 0o700);
  const serving = await serve({
    socket: places.socket,
    pidfile: places.pidfile,
    logtarget: places.logtarget,
    loglevel: "INFO",
    force: false,
    configuration: {
      directory: overlay,
      overrides: { logtarget: places.logtarget },
      tolerateMissingLogs: true,
      version: FAIL2BAN_VERSION,
    },
    readerScript: program.readerScript,
    // Only root can become somebody else; any other user has few rights as it is.
    ...(process.geteuid?.() === 0 ? readerOf(overlay) : {}),
    tell: (text) => say(program, text),
  });
  serving.daemon.jails.forEach((jail) => say(program, describeJail(jail, run.plan)));
  say(program, `Ask it:  warder --socket ${places.socket} status    Its log:  ${places.logtarget}`);
  return serving;
}

function readerOf(tree: string): { readonly readeruser: string; readonly readergroups: string } {
  const { readeruser, readergroups } = readServerSettings(tree, {});
  return { readeruser, readergroups };
}

function describeJail(jail: LiveJail, plan: Plan): string {
  const { maxretry, source } = jail.spec;
  const { findtime, bantime } = jail.settings;
  const where = jail.backend === "systemd" ? "the journal" : source.logs.map((log) => log.path).join(", ");
  const penalty = bantime < 0 ? "for ever" : `for ${describeSeconds(bantime)}`;
  const how = plan.mode === "ban" ? ` by ${jail.actions.names.join(", ")}` : "";
  return `Jail ${jail.name}: watches ${where || "nothing yet"}; ${maxretry} failures within ${describeSeconds(findtime)} are banned ${penalty}${how}.`;
}

function listen(serving: Serving, program: WarderProgram): Story {
  const { daemon } = serving;
  const story = new Story(
    (line) => say(program, line),
    (jail) => daemon.jail(jail).spec.maxretry,
  );
  daemon.onEvent((event) => story.tell(event, Date.now() / 1000));
  return story;
}

async function writeAttack(log: string): Promise<void> {
  const begin = Date.now();
  for (const line of SAMPLE_ATTACK) {
    await sleep(Math.max(0, begin + line.at * 1000 - Date.now()));
    appendFileSync(log, formatSampleLine(line, Date.now() / 1000));
  }
  await sleep(500);
}

async function allUnbanned(serving: Serving): Promise<void> {
  while (serving.daemon.jails.some((jail) => jail.bans.length > 0)) {
    await sleep(100);
  }
}

function valueOf(words: readonly string[], names: readonly string[]): string | undefined {
  const at = words.findIndex((word) => names.includes(word));
  return at < 0 ? undefined : words[at + 1];
}

function say(program: WarderProgram, ...lines: readonly string[]): void {
  lines.forEach((line) => program.io.out(`${line}\n`));
}

import { join } from "node:path";
import type { OverlayFiles } from "./overlay";
import type { Plan } from "./plan";

/** Where a run keeps its things. */
export interface RunPlaces {
  readonly socket: string;
  readonly pidfile: string;
  readonly dbfile: string;
  readonly logtarget: string;
}

/** Seconds a ban lasts in the sample attack, short enough to see its end. */
const REPLAY_BANTIME = 12;

/** Places for a run that keeps its bans: the system's as root, the user's own otherwise. */
export function choosePlaces(isRoot: boolean, home: string): RunPlaces {
  const state = isRoot ? "/var/lib/warder" : join(home, ".local", "state", "warder");
  const run = isRoot ? "/run/warder" : state;
  const log = isRoot ? "/var/log/warder.log" : join(state, "warder.log");
  return placesIn(run, join(state, "warder.sqlite3"), log);
}

/** Places for a run that leaves nothing behind. */
export function temporaryPlaces(folder: string): RunPlaces {
  return placesIn(folder, join(folder, "warder.sqlite3"), join(folder, "warder.log"));
}

function placesIn(run: string, dbfile: string, logtarget: string): RunPlaces {
  return { socket: join(run, "warder.sock"), pidfile: join(run, "warder.pid"), dbfile, logtarget };
}

/** What is laid over the tree so that it fits the plan. `jails` are those the tree enables by itself. */
export function settingsFor(plan: Plan, places: RunPlaces, jails: readonly string[]): OverlayFiles {
  const server = Object.entries(places).map(([option, value]) => `${option} = ${value}\n`);
  return {
    "fail2ban.d/zz-warder.local": `[Definition]\n${server.join("")}`,
    "jail.d/zz-warder.local": jailSettings(plan, jails),
    "action.d/warder-observe.conf": "[Definition]\nactionban =\nactionunban =\n",
  };
}

/** Settings for the sample attack: our own tree, its own log, nothing blocked. */
export function replaySettings(places: RunPlaces, log: string): OverlayFiles {
  const plan: Plan = { mode: "observe", tree: "", isShipped: true, sshdLog: log };
  const files = settingsFor(plan, places, ["sshd"]);
  return {
    ...files,
    "jail.d/zz-warder.local": `${files["jail.d/zz-warder.local"]}bantime = ${REPLAY_BANTIME}\n`,
  };
}

function jailSettings(plan: Plan, jails: readonly string[]): string {
  const names = jails.length > 0 ? jails : ["sshd"];
  const sections = names.map((name) => {
    const lines = [`[${name}]`, ...(jails.includes(name) && !plan.isShipped ? [] : ["enabled = true"])];
    return [...lines, ...sourceLines(plan, name), ...actionLines(plan)].join("\n");
  });
  return `${sections.join("\n")}\n`;
}

/** Our own tree is told where sshd's log is; a user's tree knows, unless it enables nothing. */
function sourceLines(plan: Plan, jail: string): readonly string[] {
  if (jail !== "sshd" || plan.sshdLog === undefined) {
    return [];
  }
  return plan.sshdLog === "journal" ? ["backend = systemd"] : ["backend = auto", `logpath = ${plan.sshdLog}`];
}

function actionLines(plan: Plan): readonly string[] {
  if (plan.mode !== "ban") {
    return ["action = warder-observe"];
  }
  // Whoever ends it wants everything as it was.
  return plan.isShipped ? ["banaction = warder-nftables[keep_after_stop=0]"] : [];
}

import { describe, expect, it } from "vitest";
import type { Plan } from "./plan";
import { replaySettings, settingsFor, temporaryPlaces } from "./settings";

const places = temporaryPlaces("/tmp/x");
const jailFile = "jail.d/zz-warder.local";

function plan(changes: Partial<Plan>): Plan {
  return { mode: "ban", tree: "/t", isShipped: true, sshdLog: "/var/log/auth.log", ...changes };
}

describe("settingsFor", () => {
  it("keeps its socket, pid file, database and log apart from everybody else's", () => {
    const server = settingsFor(plan({}), places, [])["fail2ban.d/zz-warder.local"];
    expect(server).toContain("socket = /tmp/x/warder.sock\n");
    expect(server).toContain("dbfile = /tmp/x/warder.sqlite3\n");
  });

  it("enables sshd in the shipped tree with the log that is there", () => {
    const jails = settingsFor(plan({}), places, [])[jailFile];
    expect(jails).toBe(
      "[sshd]\nenabled = true\nbackend = auto\nlogpath = /var/log/auth.log\nbanaction = warder-nftables[keep_after_stop=0]\n",
    );
  });

  it("reads the journal where there is no file", () => {
    expect(settingsFor(plan({ sshdLog: "journal" }), places, [])[jailFile]).toContain("backend = systemd\n");
  });

  it("leaves the actions of a user's own jails alone when it may ban", () => {
    const jails = settingsFor(plan({ isShipped: false }), places, ["nginx"])[jailFile];
    expect(jails).toBe("[nginx]\n");
  });

  it("takes the actions of every jail away when it only observes", () => {
    const jails = settingsFor(plan({ isShipped: false, mode: "observe" }), places, ["nginx", "sshd"])[
      jailFile
    ];
    expect(jails?.match(/^action = warder-observe$/gm)).toHaveLength(2);
  });
});

it("never runs a command in the sample attack", () => {
  const files = replaySettings(places, "/tmp/x/auth.log");
  expect(files[jailFile]).toContain("action = warder-observe\n");
  expect(files["action.d/warder-observe.conf"]).toBe("[Definition]\nactionban =\nactionunban =\n");
});

import { describe, expect, it } from "vitest";
import { backendSources, ownBackend, requireFile } from "./backend-sources";

describe("backendSources", () => {
  it.each([
    ["auto", []],
    ["systemd[journalflags=1]", []],
    ['syslog[listen="udp://127.0.0.1:5514"]', ["udp://127.0.0.1:5514"]],
    [
      "syslog[listen='tcp://:514?from=192.0.2.0/24  unix:/run/x?mode=660']",
      ["tcp://:514?from=192.0.2.0/24", "unix:/run/x?mode=660"],
    ],
    ['command[run="docker logs -f web"]', ["command:docker logs -f web"]],
    [
      `command[run='docker logs -f --since "$WARDER_SINCE" web']`,
      ['command:docker logs -f --since "$WARDER_SINCE" web'],
    ],
  ])("%s", (backend, paths) => {
    expect(backendSources(backend).map(({ path }) => path)).toEqual(paths);
  });

  it.each(["syslog", 'syslog[listen=""]', 'syslog[listen="/dev/log"]', "command", 'command[run=" "]'])(
    "%s is refused",
    (backend) => {
      expect(() => backendSources(backend)).toThrow(/Write it like/);
    },
  );
});

describe("ownBackend", () => {
  it("knows its own by their whole name", () => {
    expect(ownBackend("syslog[listen=x]")).toBe("syslog");
    expect(ownBackend("syslogd")).toBeUndefined();
  });
});

describe("requireFile", () => {
  it.each(["udp://127.0.0.1:5514", "tcp://:514", "unix:/run/x", "udp:", "command:id"])(
    "refuses %s",
    (path) => {
      expect(() => requireFile(path)).toThrow(/is no path of a file. Write backend = (?:syslog|command)\[/);
    },
  );

  it.each(["/command:id", "/var/log/udp://x", "auth.log", "/var/log/*.log", "Command:x"])(
    "lets %s be",
    (path) => {
      expect(() => requireFile(path)).not.toThrow();
    },
  );
});

import * as fc from "fast-check";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readMachine, runJails, runSwitch, type Machine } from ".";
import { setEnabled } from "./jail-local";
import { servicesOf } from "./services";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jails-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

interface Output {
  readonly io: { out: (text: string) => void; err: (text: string) => void; unicode: boolean };
  readonly texts: { out: string; err: string };
}

function makeOutput(): Output {
  const texts = { out: "", err: "" };
  const out = (text: string): void => void (texts.out += text);
  const err = (text: string): void => void (texts.err += text);
  return { io: { out, err, unicode: true }, texts };
}

describe("readMachine", () => {
  it("finds programs, units and open ports", () => {
    write("proc/17/comm", "a-very-long-pro\n");
    write("proc/17/cmdline", "/usr/sbin/a-very-long-program-name\0-d\0");
    write("proc/18/comm", "nginx\n");
    write("proc/18/cmdline", "nginx: master process /usr/sbin/nginx");
    write("proc/self/comm", "node\n");
    write("etc/systemd/system/web@one.service", "");
    write("usr/lib/systemd/system/ssh.service", "");
    write("usr/lib/systemd/system/ssh.socket", "");
    write("etc/init.d/old", "");
    write(
      "proc/net/tcp",
      "  sl  local_address rem_address   st\n   0: 0100007F:0016 00000000:0000 0A 0\n   1: 0100007F:1F90 0100007F:C350 01 0\n",
    );
    write(
      "proc/net/udp6",
      "   5: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 0\n",
    );
    write("etc/services", "# ports\nssh\t\t22/tcp\ndomain  53/udp  nameserver # DNS\n");
    const { programs, units, ports, portNumbers } = readMachine(folder);
    expect([...programs].sort()).toEqual(["a-very-long-pro", "a-very-long-program-name", "nginx"]);
    expect([...units].sort()).toEqual(["old", "ssh", "web"]);
    expect([...ports.tcp]).toEqual([22]);
    expect([...ports.udp]).toEqual([53]);
    expect(Object.fromEntries(portNumbers)).toEqual({ ssh: 22, domain: 53, nameserver: 53 });
  });

  it("finds nothing where there is nothing to read", () => {
    const { programs, units, ports } = readMachine(join(folder, "nowhere"));
    expect([programs.size, units.size, ports.tcp.size, ports.udp.size]).toEqual([0, 0, 0, 0]);
  });
});

describe("servicesOf", () => {
  it.each([
    ["apache-auth", ["apache2", "httpd"]],
    ["pass2allow-ftp", ["apache2", "httpd"]],
    ["proxmox-backup", ["proxmox-backup-proxy", "proxmox-backup"]],
    ["nginx-scan", ["nginx-scan", "nginx"]],
    ["vsftpd", ["vsftpd"]],
    ["constructor", ["constructor"]],
    ["recidive", []],
  ])("%s guards %j", (jail, services) => {
    expect(servicesOf(jail)).toEqual(services);
  });
});

const MACHINE: Machine = {
  programs: new Set(["nginx"]),
  units: new Set(["nginx", "ssh"]),
  ports: { tcp: new Set([22, 443]), udp: new Set() },
  portNumbers: new Map([
    ["ssh", 22],
    ["http", 80],
    ["https", 443],
  ]),
};

function makeTree(): void {
  write("web.log", "");
  write("filter.d/simple.conf", "[Definition]\nfailregex = ^ failure from <HOST>$\n");
  write("action.d/note.conf", "[Definition]\nactionban = true\n");
  write(
    "jail.conf",
    `[DEFAULT]
backend = auto
filter = simple
action = note
protocol = tcp
[sshd]
port = ssh
backend = systemd
[nginx-http-auth]
port = http,https
logpath = ${folder}/*.log
[nginx-limit-req]
port = http,https
logpath = ${folder}/none/here
[vsftpd]
logpath = ${folder}/web.log
[broken]
filter = absent
logpath = ${folder}/web.log
`,
  );
}

describe("runJails", () => {
  it("tells what is here and offers what would guard it", () => {
    makeTree();
    write("jail.local", "[vsftpd]\nenabled = yes\n");
    const { io, texts } = makeOutput();
    expect(runJails({ directory: folder, all: false, json: false }, MACHINE, io)).toBe(0);
    expect(
      texts.out.replaceAll(folder, "DIR"),
    ).toBe(`  sshd             off  ssh is installed, does not run; port 22 open; reads the journal
  nginx-http-auth  off  nginx runs; port 443 open; log DIR/web.log
  nginx-limit-req  off  nginx runs; port 443 open; no log at DIR/none/here
  vsftpd           on   log DIR/web.log

To switch them on, write into DIR/jail.local (or let "warder enable" do it):

  [sshd]
  enabled = true

  [nginx-http-auth]
  enabled = true

  warder enable sshd nginx-http-auth

1 more jails guard what was not found here: warder jails --all
`);
  });

  it("shows all, and gives JSON", () => {
    makeTree();
    const { io, texts } = makeOutput();
    runJails({ directory: folder, all: true, json: false }, MACHINE, io);
    expect(texts.out).toContain("Their services were not found here:\n\n  vsftpd           off  log ");
    const json = makeOutput();
    runJails({ directory: folder, all: false, json: true }, MACHINE, json.io);
    expect(JSON.parse(json.texts.out)).toMatchObject([
      { jail: "sshd", enabled: false, running: [], installed: ["ssh"], openPorts: [22], journal: true },
      { jail: "nginx-http-auth", running: ["nginx"], openPorts: [443] },
      { jail: "nginx-limit-req" },
      { jail: "vsftpd" },
      { jail: "broken" },
    ]);
  });

  it("says so where there is no tree", () => {
    const { io } = makeOutput();
    const ask = (directory: string) => () => runJails({ directory, all: false, json: false }, MACHINE, io);
    expect(ask(join(folder, "absent"))).toThrow(/does not exist/);
    expect(ask(folder)).toThrow(/There is no jail|jail/);
  });
});

describe("runSwitch", () => {
  const turn = (enabled: boolean, ...jails: string[]): { status: number; out: string; err: string } => {
    const { io, texts } = makeOutput();
    const status = runSwitch({ directory: folder, jails, enabled }, io);
    return { status, ...texts };
  };
  const local = (): string => readFileSync(join(folder, "jail.local"), "utf8");

  it("writes jail.local, changes what is there, and leaves the rest alone", () => {
    makeTree();
    expect(turn(true, "sshd", "vsftpd", "sshd").status).toBe(0);
    expect(local()).toBe("[sshd]\nenabled = true\n\n[vsftpd]\nenabled = true\n");
    writeFileSync(join(folder, "jail.local"), `# mine\n${local()}bantime = 7\n`);
    expect(turn(false, "vsftpd").out).toContain("vsftpd is off now");
    expect(local()).toBe("# mine\n[sshd]\nenabled = true\n\n[vsftpd]\nenabled = false\nbantime = 7\n");
    expect(turn(false, "vsftpd").out).toBe("vsftpd is off already\n");
  });

  it("keeps links and modes", () => {
    makeTree();
    write("elsewhere/jail.local", "# café\n");
    chmodSync(join(folder, "elsewhere/jail.local"), 0o604);
    symlinkSync("elsewhere/jail.local", join(folder, "jail.local"));
    turn(true, "sshd");
    expect(readFileSync(join(folder, "elsewhere/jail.local"), "utf8")).toBe(
      "# café\n\n[sshd]\nenabled = true\n",
    );
    expect(statSync(join(folder, "elsewhere/jail.local")).mode & 0o777).toBe(0o604);
  });

  it("writes nothing when a jail is absent or cannot be used", () => {
    makeTree();
    expect(() => turn(true, "sshd", "vsftp")).toThrow('There is no jail "vsftp"');
    expect(() => turn(true, "sshd", "vsftp")).toThrow('is "vsftpd" meant?');
    expect(() => turn(true, "sshd", "broken")).toThrow(/nothing was written: .*absent/);
    expect(() => turn(true, "DEFAULT")).toThrow('There is no jail "DEFAULT"');
    expect(() => local()).toThrow("ENOENT");
  });

  it("says which file says otherwise", () => {
    makeTree();
    write("jail.d/late.local", "[sshd]\nenabled = false\n");
    const { status, err } = turn(true, "sshd");
    expect(status).toBe(1);
    expect(err).toContain(`sshd is still off: ${folder}/jail.d/late.local:2 says so`);
  });
});

describe("setEnabled", () => {
  it("changes one line, below the last header of the jail", () => {
    const text = "[a]\nx = 1\n[b]\nenabled = no\nenabled: 0\n[a]\ny = 2\n";
    expect(setEnabled(text, "a", true)).toBe(
      "[a]\nx = 1\n[b]\nenabled = no\nenabled: 0\n[a]\nenabled = true\ny = 2\n",
    );
    expect(setEnabled(text, "b", true)).toBe("[a]\nx = 1\n[b]\nenabled = no\nenabled = true\n[a]\ny = 2\n");
    expect(setEnabled("[a]\r\nx = 1", "c", false)).toBe("[a]\r\nx = 1\r\n\r\n[c]\r\nenabled = false\r\n");
    expect(setEnabled("[a]\nx =\n  enabled = no\n", "a", true)).toBe(
      "[a]\nenabled = true\nx =\n  enabled = no\n",
    );
  });

  it("keeps all other lines whatever they are, and twice is once", () => {
    const anyLine = fc.constantFrom(
      "[a]",
      "[b]",
      "enabled = 1",
      "enabled=false",
      "x = 1",
      "  more",
      "# [a]",
      "",
    );
    fc.assert(
      fc.property(fc.array(anyLine), fc.boolean(), (lines, enabled) => {
        const text = lines.join("\n");
        const changed = setEnabled(text, "a", enabled);
        expect(setEnabled(changed, "a", enabled)).toBe(changed);
        const count = (all: string, line: string): number =>
          all.split("\n").filter((one) => one === line).length;
        for (const line of ["[b]", "x = 1", "  more", "# [a]"]) {
          expect(count(changed, line)).toBe(count(text, line));
        }
        expect(changed).toContain(`enabled = ${enabled}`);
      }),
    );
  });
});

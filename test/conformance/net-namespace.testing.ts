import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const FIREWALL_TOOLS = ["nft", "iptables", "ip6tables", "ipset", "ip"];

/** A network namespace of its own, whose firewall tools come first in PATH. */
export class Namespace {
  readonly folder = mkdtempSync(join(tmpdir(), "warder-net-"));
  readonly #holder: ChildProcess = spawn("unshare", ["-n", "sleep", "600"], { stdio: "ignore" });

  async open(): Promise<void> {
    const own = spawnSync("readlink", ["/proc/self/ns/net"], { encoding: "utf8" }).stdout;
    const link = `/proc/${this.#holder.pid}/ns/net`;
    for (let i = 0; i < 100; i++) {
      const other = spawnSync("readlink", [link], { encoding: "utf8" }).stdout;
      if (other !== "" && other !== own) {
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const tool of FIREWALL_TOOLS) {
      const path = spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim();
      writeFileSync(join(this.folder, tool), `#!/bin/sh\nexec nsenter --net=${link} ${path} "$@"\n`);
      chmodSync(join(this.folder, tool), 0o755);
    }
  }

  /** Its files below /proc. */
  get proc(): string {
    return `/proc/${this.#holder.pid}/net`;
  }

  get environment(): Record<string, string> {
    return { PATH: `${this.folder}:/usr/sbin:/usr/bin:/sbin:/bin` };
  }

  show(command: string): string {
    return spawnSync("/bin/sh", ["-c", command], { encoding: "utf8", env: this.environment }).stdout;
  }

  close(): void {
    this.#holder.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

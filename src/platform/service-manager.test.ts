import { describe, expect, it } from "vitest";
import { ServiceManager, takeInheritedSocket } from "./service-manager";

describe("takeInheritedSocket", () => {
  it.each([
    [{}, undefined],
    [
      { LISTEN_FDS: "1", LISTEN_PID: "7" },
      { fileDescriptor: 3, name: "" },
    ],
    [{ LISTEN_FDS: "1", LISTEN_PID: "8" }, undefined],
    [{ LISTEN_FDS: "0", LISTEN_PID: "7" }, undefined],
    [{ LISTEN_FDS: "x", LISTEN_PID: "7" }, undefined],
    [{ LISTEN_FDS: "1" }, undefined],
    [
      { LISTEN_FDS: "3", LISTEN_PID: "7", LISTEN_FDNAMES: "a:fail2ban:c" },
      { fileDescriptor: 4, name: "fail2ban" },
    ],
    [
      { LISTEN_FDS: "2", LISTEN_PID: "7", LISTEN_FDNAMES: "a:b" },
      { fileDescriptor: 3, name: "a" },
    ],
    [
      { LISTEN_FDS: "1", LISTEN_PID: "7", LISTEN_FDNAMES: "a:fail2ban" },
      { fileDescriptor: 3, name: "a" },
    ],
  ])("%j", (variables, expected) => {
    const environment: Record<string, string | undefined> = { ...variables, PATH: "/bin" };
    expect(takeInheritedSocket(environment, 7)).toEqual(expected);
    expect(environment).toEqual({ PATH: "/bin" });
  });
});

describe("ServiceManager", () => {
  it("is nobody where no manager started us", () => {
    const manager = new ServiceManager(() => {}, {}, 7);
    manager.tell("READY=1");
    expect({ isThere: manager.isThere, watchdog: manager.watchdog }).toEqual({
      isThere: false,
      watchdog: undefined,
    });
  });

  it.each([
    [{ WATCHDOG_USEC: "30000000" }, 30],
    [{ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" }, 30],
    [{ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" }, undefined],
    [{ WATCHDOG_USEC: "soon" }, undefined],
  ])("knows whether it is watched: %j", (variables, seconds) => {
    const environment: Record<string, string | undefined> = { ...variables, NOTIFY_SOCKET: "/x" };
    expect(new ServiceManager(() => {}, environment, 7).watchdog).toBe(seconds);
    expect(environment).toEqual({});
  });

  it("says once that nobody can be told", async () => {
    const told: string[] = [];
    const manager = new ServiceManager((text) => told.push(text), { NOTIFY_SOCKET: "/nonexistent/socket" });
    manager.tell("READY=1");
    manager.tell("STATUS=x");
    for (let tries = 0; tries < 100 && told.length === 0; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("systemd-notify");
  });
});

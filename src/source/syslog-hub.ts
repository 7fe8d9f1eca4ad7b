import { messageOf, WarderError } from "../model";
import { parseSyslogAddress } from "./syslog-address";
import { openSyslogSocket, type MessageTaker, type SyslogSocket } from "./syslog-socket";

/** Who hears the messages of an address. */
export interface HubListener extends MessageTaker {
  opened(): void;
  failed(error: WarderError): void;
}

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

/** One address that is listened at, however many hear it; an address that cannot be had is tried again. */
class Hub {
  readonly #address: string;
  readonly #listeners = new Set<HubListener>();
  #socket: SyslogSocket | undefined;
  #opening: Promise<void>;
  #retry: NodeJS.Timeout | undefined;
  #delay = FIRST_DELAY_MS;

  /** `before` settles when the address is free again. */
  constructor(address: string, before: Promise<void> | undefined) {
    this.#address = address;
    this.#opening = (before ?? Promise.resolve()).then(() => this.#open());
  }

  get size(): number {
    return this.#listeners.size;
  }

  add(listener: HubListener): void {
    this.#listeners.add(listener);
    if (this.#socket) {
      listener.opened();
    }
  }

  remove(listener: HubListener): void {
    this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    clearTimeout(this.#retry);
    await this.#opening;
    clearTimeout(this.#retry);
    await this.#socket?.close();
  }

  async #open(): Promise<void> {
    const address = parseSyslogAddress(this.#address);
    if (!address) {
      this.#fail(addressError(this.#address));
      return;
    }
    try {
      this.#socket = await openSyslogSocket(address, this.#taker());
      this.#listeners.forEach((listener) => listener.opened());
    } catch (error) {
      this.#fail(listenError(error));
      this.#retry = setTimeout(() => {
        this.#opening = this.#open();
      }, this.#delay);
      this.#delay = Math.min(LONGEST_DELAY_MS, this.#delay * 2);
    }
  }

  #taker(): MessageTaker {
    return {
      take: (messages, sender, skippedBytes) => {
        const waits = [...this.#listeners].flatMap(
          (listener) => listener.take(messages, sender, skippedBytes) ?? [],
        );
        return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
      },
    };
  }

  #fail(error: WarderError): void {
    this.#listeners.forEach((listener) => listener.failed(error));
  }
}

const hubs = new Map<string, Hub>();
/** Addresses that are being let go of. */
const closing = new Map<string, Promise<void>>();

/** Hears the messages that come to an address until the function given back is called; that settles when it is free. */
export function listenAt(address: string, listener: HubListener): () => Promise<void> {
  const hub = hubs.get(address) ?? new Hub(address, closing.get(address));
  hubs.set(address, hub);
  hub.add(listener);
  return async () => {
    hub.remove(listener);
    if (hub.size === 0 && hubs.get(address) === hub) {
      hubs.delete(address);
      const closed = hub.close();
      closing.set(address, closed);
      await closed;
      closing.delete(address);
    }
  };
}

function addressError(address: string): WarderError {
  const text = `"${address}" is no address to listen at. Write it like udp://127.0.0.1:5514, tcp://[::1]:5514 or unix:///run/warder/syslog.sock`;
  return new WarderError("listen-address", text);
}

function listenError(cause: unknown): WarderError {
  const code = (cause as NodeJS.ErrnoException).code;
  const advice: Readonly<Record<string, string>> = {
    EADDRINUSE: "another program has this address. Stop it, or choose another port",
    EADDRNOTAVAIL: "this host does not have this address",
    EACCES:
      "permission denied. Ports below 1024 need root or CAP_NET_BIND_SERVICE, sockets a folder one may write to",
    ENOENT: "its folder does not exist",
  };
  const why = advice[code ?? ""] ?? messageOf(cause);
  return new WarderError("listen-failed", `Cannot listen, trying again: ${why}`, { cause });
}

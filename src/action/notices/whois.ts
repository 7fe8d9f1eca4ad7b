import { connect } from "node:net";
import { messageOf, parseIp } from "../../model";
import { cleanLine, cleanText } from "./clean-text";

/** Where and how to ask about addresses. */
export interface WhoisManner {
  /** `host` or `host:port`. */
  readonly server: string;
  /** Whether the server may name another one that knows more, as IANA's does. */
  readonly follows: boolean;
  /** Seconds for one question. */
  readonly timeout: number;
}

const PORT = 43;
/** Bytes of an answer that are read. */
const LONGEST_ANSWER = 32_768;
const LIMITS = { lines: 120, width: 200 };
/** `refer: whois.example` of IANA, `ReferralServer: whois://whois.example:43` of ARIN. */
const REFERRAL =
  /^(?:refer|whois|ReferralServer):[ \t]*(?:r?whois:\/\/)?([A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?\/?[ \t]*$/m;

/**
 * What a whois server (RFC 3912) knows of an address, as clean lines without its comments. Never rejects and never
 * takes longer than twice the timeout: trouble is one line as well.
 */
export async function askWhois(address: string, manner: WhoisManner): Promise<readonly string[]> {
  const ip = parseIp(address);
  if (!ip) {
    return ["(no address, so whois was not asked)"];
  }
  const first = parseServer(manner.server);
  try {
    const answer = await ask(first, ip.text, manner.timeout);
    const next = manner.follows ? readReferral(answer) : undefined;
    if (!next || next.host === first.host) {
      return tidy(answer);
    }
    try {
      return tidy(await ask(next, ip.text, manner.timeout));
    } catch {
      return tidy(answer);
    }
  } catch (error) {
    return [`(whois: ${cleanLine(messageOf(error), 200)})`];
  }
}

interface Server {
  readonly host: string;
  readonly port: number;
}

function parseServer(text: string): Server {
  const [, bracketed, plain = text, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain, port: port === undefined ? PORT : Number(port) };
}

function readReferral(answer: string): Server | undefined {
  const [, host, port] = REFERRAL.exec(answer) ?? [];
  return host === undefined ? undefined : { host, port: port === undefined ? PORT : Number(port) };
}

function ask({ host, port }: Server, question: string, timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const socket = connect({ host, port });
    const end = (error?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      // A slow server has told something until then.
      if (error && size === 0) {
        reject(error);
      } else {
        resolve(Buffer.concat(parts).subarray(0, LONGEST_ANSWER).toString("utf8"));
      }
    };
    const timer = setTimeout(
      () => end(new Error(`${host} gave no answer within ${timeout} seconds`)),
      timeout * 1000,
    );
    socket.once("connect", () => socket.write(`${question}\r\n`));
    socket.on("data", (part) => {
      parts.push(part);
      size += part.length;
      if (size >= LONGEST_ANSWER) {
        end();
      }
    });
    socket.once("end", () => end());
    socket.once("error", (error) => end(error));
  });
}

/** Without comments and without more than one empty line at a time. */
function tidy(answer: string): readonly string[] {
  const lines = answer.split(/\r\n|\r|\n/).filter((line) => !/^\s*[%#]/.test(line));
  return cleanText(
    lines
      .join("\n")
      .trim()
      .replace(/\n(?:[ \t]*\n)+/g, "\n\n"),
    LIMITS,
  );
}

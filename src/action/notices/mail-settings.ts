import { readFileSync } from "node:fs";
import { messageOf } from "../../model";
import { fail, isLoopback, type Options } from "./options";

/** How the way to the mail server is secured. */
export type MailSecurity = "none" | "starttls" | "tls";

/** Where mails go, and what they say. */
export interface MailSettings {
  readonly host: string;
  readonly port: number;
  readonly security: MailSecurity;
  readonly user: string;
  readonly password: () => string;
  /** For a whole mail, in seconds. */
  readonly timeout: number;
  readonly ca: string | undefined;
  readonly verifies: boolean;
  readonly sender: string;
  readonly sendername: string;
  readonly dest: readonly string[];
  readonly subjectPrefix: string;
}

const PORTS: Readonly<Record<MailSecurity, number>> = { none: 25, starttls: 587, tls: 465 };
/** No blanks, brackets, commas or control characters: nothing that could be more than one address. */
const ADDRESS = /^[^\s<>(),;:"@\p{C}]+(?:@[^\s<>(),;:"@\p{C}]+)?$/u;

/** Reads what all mails need. Throws `WarderError` for what cannot be used. */
export function readMailSettings(options: Options): MailSettings {
  const host = options.text("smtp_host", "localhost");
  const isLocal = isLoopback(host);
  const security = options.choice<MailSecurity>(
    "smtp_security",
    ["none", "starttls", "tls"],
    isLocal ? "none" : "starttls",
  );
  const user = options.text("smtp_user");
  if (user !== "" && security === "none" && !isLocal) {
    fail(
      "smtp_user needs smtp_security = starttls or tls: the password would go through the net for all to read",
    );
  }
  const usualPort = isLocal && security !== "tls" ? 25 : PORTS[security];
  return {
    host,
    port: options.whole("smtp_port", usualPort, [1, 65_535]),
    security,
    user,
    password: options.secret("smtp_password"),
    timeout: options.seconds("timeout", 60, [1, 3600]),
    ca: readCertificates(options),
    verifies: options.isOn("tls_verify", true),
    sender: readAddress("sender", options.text("sender", "root")),
    sendername: options.text("sendername", "Fail2Ban"),
    dest: readDest(options),
    subjectPrefix: options.text("subject_prefix", "[Fail2Ban]"),
  };
}

/** Certificates of `ca_file`; undefined when the system's are meant. Throws `WarderError`. */
export function readCertificates(options: Options): string | undefined {
  const file = options.text("ca_file");
  if (file === "") {
    return undefined;
  }
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return fail(`Cannot read ca_file ${file}: ${messageOf(error)}`);
  }
}

/** One address, as `user` or `user@host`. Throws `WarderError`. */
function readAddress(name: string, text: string): string {
  return ADDRESS.test(text)
    ? text
    : fail(`${name} is no mail address: ${JSON.stringify(text.slice(0, 100))}`);
}

function readDest(options: Options): readonly string[] {
  const addresses = options
    .text("dest", "root")
    .split(/[\s,]+/)
    .filter((address) => address !== "");
  return addresses.map((address) => readAddress("dest", address));
}

import { isLoopback, listOptions, type OptionTexts } from "./options";

/** Options of fail2ban's `smtp.py`, and what they are called here. */
const NAMES: Readonly<Record<string, string>> = {
  user: "smtp_user",
  password: "smtp_password",
  sendername: "sendername",
  sender: "sender",
  dest: "dest",
  matches: "lines",
};
const OFF = ["", "0", "no", "none", "false", "off"];

/** Whether a script of a configuration is fail2ban's mail action. */
export function isSmtpScript(file: string): boolean {
  return file.endsWith("/smtp.py") || file === "smtp.py";
}

/**
 * The options of `smtp.py` as ours: mails for bans, starts and stops. `undefined` for what is no JSON object.
 * DIFFERS: a password goes to another machine only after STARTTLS, asked for with `ssl` or not.
 */
export function mapSmtpScript(json: string): OptionTexts | undefined {
  const given = parseArguments(json);
  if (!given) {
    return undefined;
  }
  const mapped = Object.entries(given).flatMap(([name, value]): [string, string][] => {
    const ours = NAMES[name];
    return ours === undefined || value === "" ? [] : [[ours, value]];
  });
  return {
    events: "ban, start, stop",
    sender: "fail2ban",
    dest: "root",
    ...mapHost(given["host"] ?? ""),
    ...mapSecurity(given),
    ...Object.fromEntries(mapped),
  };
}

function mapHost(text: string): OptionTexts {
  const [, host = text, port] = /^(.*?)(?::(\d+))?$/.exec(text.trim()) ?? [];
  return { smtp_host: host === "" ? "localhost" : host, smtp_port: port ?? "25" };
}

function mapSecurity(given: OptionTexts): OptionTexts {
  const isOn = !OFF.includes((given["ssl"] ?? "").toLowerCase());
  const hasUser = (given["user"] ?? "") !== "";
  const host = mapHost(given["host"] ?? "")["smtp_host"] ?? "";
  return { smtp_security: isOn || (hasUser && !isLoopback(host)) ? "starttls" : "none" };
}

function parseArguments(json: string): OptionTexts | undefined {
  try {
    const parsed: unknown = JSON.parse(json === "" ? "{}" : json);
    return typeof parsed === "object" && parsed !== null
      ? listOptions(new Map(Object.entries(parsed)))
      : undefined;
  } catch {
    return undefined;
  }
}

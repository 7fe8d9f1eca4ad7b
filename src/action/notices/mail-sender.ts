import type { MailSettings } from "./mail-settings";
import { cleanLine } from "./clean-text";
import { describeTrouble } from "./http-request";
import { DELIVERED, type Delivery } from "./notice";
import { hideSecrets } from "./options";

/** A file that goes with a mail. */
export interface MailPart {
  readonly contentType: string;
  readonly filename: string;
  readonly content: string;
}

/** A mail, ready but for its envelope. */
export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Stays the same however often the mail is tried. */
  readonly id: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly attachments?: readonly MailPart[];
}

const LONGEST_SUBJECT = 200;
/** Whoever set it up has to do something (seconds). */
const WAIT_FOR_PEOPLE = 600;

/** What nodemailer tells with its errors. */
interface SmtpTrouble {
  readonly code?: string;
  readonly responseCode?: number;
}

/** Sends a mail by SMTP. Never rejects, never takes much longer than the timeout. */
export async function sendMail(mail: Mail, settings: MailSettings): Promise<Delivery> {
  let password = "";
  try {
    password = settings.password();
    const rejected = await send(mail, settings, password);
    return rejected.length === 0 ? DELIVERED : tellRejected(rejected);
  } catch (error) {
    return judgeTrouble(error as SmtpTrouble, hideSecrets(describeTrouble(error), [password]));
  }
}

/** Some of several receivers have it: sending again would only double it for them. */
function tellRejected(rejected: readonly string[]): Delivery {
  return {
    status: "delivered",
    note: `the mail server did not take it for ${cleanLine(rejected.join(", "), 200)}`,
  };
}

async function send(mail: Mail, settings: MailSettings, password: string): Promise<readonly string[]> {
  const { createTransport } = await import("nodemailer");
  const wait = settings.timeout * 1000;
  const transport = createTransport({
    host: settings.host,
    port: settings.port,
    secure: settings.security === "tls",
    requireTLS: settings.security === "starttls",
    ignoreTLS: settings.security === "none",
    ...(settings.user === "" ? {} : { auth: { user: settings.user, pass: password } }),
    tls: { rejectUnauthorized: settings.verifies, ...(settings.ca === undefined ? {} : { ca: settings.ca }) },
    connectionTimeout: wait,
    greetingTimeout: wait,
    socketTimeout: wait,
    dnsTimeout: wait,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${settings.timeout} seconds`)), wait);
  });
  try {
    const sending = transport.sendMail(composeMail(mail, settings));
    // When the time is over first, nobody waits for this one any more.
    sending.catch(() => undefined);
    const info = await Promise.race([sending, late]);
    return info.rejected;
  } finally {
    clearTimeout(timer);
    transport.close();
  }
}

function composeMail(mail: Mail, settings: MailSettings) {
  const { sender, sendername } = settings;
  const domain = sender.includes("@") ? sender.slice(sender.lastIndexOf("@") + 1) : "localhost";
  return {
    from: { name: cleanLine(sendername, 100), address: sender },
    to: mail.to.map((address) => ({ name: "", address })),
    subject: cleanLine(mail.subject, LONGEST_SUBJECT),
    text: mail.text,
    messageId: `<${mail.id.replace(/[^\w.-]/g, "")}@${domain}>`,
    headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", ...mail.headers },
    attachments: (mail.attachments ?? []).map((part) => ({
      content: part.content,
      contentType: part.contentType,
      filename: part.filename,
      // What people and simple programs can read stays readable.
      ...(part.contentType.startsWith("text/")
        ? { contentDisposition: "inline" as const, contentTransferEncoding: "quoted-printable" as const }
        : {}),
    })),
  };
}

/** Only the text itself can be refused for good; all else may be mended by whoever looks after the servers. */
function judgeTrouble({ code, responseCode }: SmtpTrouble, reason: string): Delivery {
  const isFinal = responseCode !== undefined && responseCode >= 500;
  if (code === "EMESSAGE" && (isFinal || responseCode === undefined)) {
    return { status: "refused", reason };
  }
  const needsPeople = isFinal || code === "EAUTH";
  return { status: "later", reason, ...(needsPeople ? { after: WAIT_FOR_PEOPLE } : {}) };
}

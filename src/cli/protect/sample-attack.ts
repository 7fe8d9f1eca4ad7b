/** One line of the sample attack: seconds after the start, the process that writes it, and what it says. */
export interface SampleLine {
  readonly at: number;
  readonly pid: number;
  readonly text: string;
}

const ATTACKER = "203.0.113.66";
const ATTACKER_V6 = "2001:db8:bad::66";
const VICTIM = "192.0.2.77";
const ADMIN = "198.51.100.20";

/**
 * A sample of what happens to a server with an open ssh port, with documentation addresses (RFC 5737, RFC 3849):
 * somebody guesses passwords, somebody mistypes one and gets in, somebody tries to have another address banned.
 */
export const SAMPLE_ATTACK: readonly SampleLine[] = [
  { at: 0.5, pid: 4101, text: `Invalid user oracle from ${ATTACKER} port 50122` },
  { at: 0.7, pid: 4101, text: `Failed password for invalid user oracle from ${ATTACKER} port 50122 ssh2` },
  { at: 1.5, pid: 4102, text: `Failed password for alice from ${ADMIN} port 51811 ssh2` },
  { at: 2.0, pid: 4103, text: `Failed password for root from ${ATTACKER} port 50180 ssh2` },
  { at: 2.6, pid: 4103, text: `Failed password for root from ${ATTACKER} port 50180 ssh2` },
  { at: 3.2, pid: 4104, text: `Failed password for root from ${ATTACKER} port 50204 ssh2` },
  { at: 3.8, pid: 4102, text: `Accepted password for alice from ${ADMIN} port 51811 ssh2` },
  { at: 4.4, pid: 4105, text: `Failed password for root from ${ATTACKER} port 50240 ssh2` },
  ...[5.0, 5.5, 6.0, 6.5, 7.0].map((at, i) => ({ at, pid: 4106 + i, text: formatForgery(6001 + i) })),
];

/** The user name is made up to look like the end of the message, with somebody else's address in it. */
function formatForgery(port: number): string {
  const user = `x from ${VICTIM} port 22 ssh2`;
  return `Failed password for invalid user ${user} from ${ATTACKER_V6} port ${port} ssh2`;
}

/** The line as a syslog daemon writes it at that moment (seconds since 1970). */
export function formatSampleLine(line: SampleLine, now: number): string {
  const date = new Date(now * 1000);
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) =>
    String(part).padStart(2, "0"),
  );
  const day = String(date.getDate()).padStart(2, " ");
  return `${months[date.getMonth()]} ${day} ${clock.join(":")} server sshd[${line.pid}]: ${line.text}\n`;
}

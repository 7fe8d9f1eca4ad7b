/** Logs as busy servers write them, of any length, the same for the same seed. Only addresses of documentation. */
import { closeSync, openSync, writeSync } from "node:fs";

const START = Date.UTC(2026, 4, 3, 0, 0, 0);
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const USERS = ["root", "admin", "alice", "bob", "oracle", "test", "ubuntu", "git", "deploy", "postgres"];
const PAGES = [
  "/",
  "/index.html",
  "/news/2026",
  "/img/logo.png",
  "/css/site.css",
  "/api/v1/items?page=3",
  "/robots.txt",
];
const SCANS = [
  "/wp-login.php",
  "/phpmyadmin/index.php",
  "/cgi-bin/test",
  "/pma/",
  "/roundcube/",
  "/wp-admin.php",
];
const AGENTS = [
  "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0",
  "curl/8.5.0",
  "Mozilla/5.0 (compatible; Crawler/2.1)",
];

/** What is written, and the filter that reads it: `make(tools)` gives a line without its newline. */
export const LOGS = [
  { filter: "sshd", kind: "sshd, one third failures", make: makeSshd },
  { filter: "nginx-botsearch", kind: "nginx access, 5 % scans", make: makeAccess },
  { filter: "nginx-bad-request", kind: "nginx access, 5 % scans", make: makeAccess },
  { filter: "nginx-http-auth", kind: "nginx error", make: makeNginxError },
  { filter: "postfix", kind: "postfix", make: makePostfix },
  { filter: "apache-auth", kind: "apache error", make: makeApache },
];

/** Writes `count` lines of one kind to a file. */
export function writeLog(path, { make }, count, seed) {
  const tools = makeTools(seed);
  const file = openSync(path, "w");
  for (let done = 0; done < count; ) {
    const lines = [];
    for (let i = 0; i < 10_000 && done < count; i++, done++) {
      lines.push(make(tools), "\n");
    }
    writeSync(file, lines.join(""));
  }
  closeSync(file);
}

function makeTools(seed) {
  let state = seed >>> 0;
  let now = START;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (most) => Math.floor(random() * most);
  const pick = (list) => list[below(list.length)];
  const address = () =>
    below(20) === 0
      ? `2001:db8::${below(65_535).toString(16)}`
      : `${pick(["192.0.2", "198.51.100", "203.0.113"])}.${below(256)}`;
  /** Some lines are of the same second, some of the next. */
  const date = () => {
    now += below(3) === 0 ? 1000 : 0;
    return new Date(now);
  };
  return { random, below, pick, address, date };
}

const two = (number) => String(number).padStart(2, "0");
const clock = (date) =>
  `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;

function syslog(date, rest) {
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${clock(date)} mail ${rest}`;
}

function makeSshd({ below, pick, address, date }) {
  const [pid, port, ip, user] = [1000 + below(60_000), 1024 + below(60_000), address(), pick(USERS)];
  const head = `sshd[${pid}]:`;
  const failures = [
    `${head} Failed password for invalid user ${user}${below(99)} from ${ip} port ${port} ssh2`,
    `${head} Failed password for ${user} from ${ip} port ${port} ssh2`,
    `${head} Invalid user ${user}${below(99)} from ${ip} port ${port}`,
    `${head} maximum authentication attempts exceeded for ${user} from ${ip} port ${port} ssh2 [preauth]`,
  ];
  const others = [
    `${head} Connection closed by ${ip} port ${port} [preauth]`,
    `${head} Accepted publickey for ${user} from ${ip} port ${port} ssh2: ED25519 SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG`,
    `${head} pam_unix(sshd:session): session opened for user ${user}(uid=1000) by (uid=0)`,
    `${head} Received disconnect from ${ip} port ${port}:11: disconnected by user`,
    `${head} pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${ip}  user=${user}`,
    `CRON[${pid}]: pam_unix(cron:session): session closed for user root`,
    `systemd[1]: Started session-${below(9999)}.scope - Session ${below(9999)} of User ${user}.`,
    `kernel: [${below(99_999)}.${below(999_999)}] eth0: link up, 1000 Mbps, full duplex`,
  ];
  return syslog(date(), below(3) === 0 ? pick(failures) : pick(others));
}

function makeAccess({ below, pick, address, date }) {
  const now = date();
  const stamp = `${two(now.getUTCDate())}/${MONTHS[now.getUTCMonth()]}/2026:${clock(now)} +0000`;
  const kind = below(100);
  const [path, status] = kind < 4 ? [pick(SCANS), 404] : [pick(PAGES), pick([200, 200, 200, 304, 404])];
  const request = kind === 4 ? String.raw`\x16\x03\x01` : `${pick(["GET", "GET", "POST"])} ${path} HTTP/1.1`;
  return `${address()} - - [${stamp}] "${request}" ${kind === 4 ? 400 : status} ${below(99_999)} "-" "${pick(AGENTS)}"`;
}

function makeNginxError({ below, pick, address, date }) {
  const now = date();
  const stamp = `2026/${two(now.getUTCMonth() + 1)}/${two(now.getUTCDate())} ${clock(now)}`;
  const tail = `client: ${address()}, server: www.example.org, request: "GET ${pick(PAGES)} HTTP/1.1", host: "www.example.org"`;
  const head = `${stamp} [error] ${below(9999)}#${below(9999)}: *${below(999_999)}`;
  const messages = [
    `user "${pick(USERS)}": password mismatch, ${tail}`,
    `user "${pick(USERS)}" was not found in "/etc/nginx/.htpasswd", ${tail}`,
    `open() "/var/www/html${pick(PAGES)}" failed (2: No such file or directory), ${tail}`,
    `connect() failed (111: Connection refused) while connecting to upstream, ${tail}, upstream: "http://127.0.0.1:8080/"`,
    `access forbidden by rule, ${tail}`,
    `upstream timed out (110: Connection timed out) while reading response header from upstream, ${tail}`,
  ];
  return `${head} ${pick(messages)}`;
}

function makePostfix({ below, pick, address, date }) {
  const [pid, ip, id] = [
    1000 + below(60_000),
    address(),
    below(2 ** 31)
      .toString(16)
      .toUpperCase(),
  ];
  const reject = "NOQUEUE: reject: RCPT from unknown";
  const failures = [
    `postfix/smtpd[${pid}]: ${reject}[${ip}]: 554 5.7.1 <a@example.org>: Relay access denied; from=<x@example.net> to=<a@example.org> proto=ESMTP helo=<host>`,
    `postfix/smtpd[${pid}]: ${reject}[${ip}]: 450 4.7.1 <host>: Helo command rejected: Host not found; from=<x@example.net> to=<a@example.org> proto=SMTP helo=<host>`,
    `postfix/smtpd[${pid}]: warning: unknown[${ip}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6`,
    `postfix/smtpd[${pid}]: improper command pipelining after EHLO from unknown[${ip}]: QUIT`,
  ];
  const others = [
    `postfix/smtpd[${pid}]: connect from unknown[${ip}]`,
    `postfix/smtpd[${pid}]: disconnect from unknown[${ip}] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`,
    `postfix/qmgr[${pid}]: ${id}: from=<x@example.net>, size=${below(99_999)}, nrcpt=1 (queue active)`,
    `postfix/smtp[${pid}]: ${id}: to=<a@example.org>, relay=mx.example.org[${ip}]:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=2.0.0, status=sent (250 2.0.0 Ok)`,
    `postfix/cleanup[${pid}]: ${id}: message-id=<${id}@example.net>`,
    `postfix/qmgr[${pid}]: ${id}: removed`,
  ];
  return syslog(date(), below(5) === 0 ? pick(failures) : pick(others));
}

function makeApache({ below, pick, address, date }) {
  const now = date();
  const day = `${DAYS[now.getUTCDay()]} ${MONTHS[now.getUTCMonth()]} ${two(now.getUTCDate())}`;
  const stamp = `[${day} ${clock(now)}.${String(below(1_000_000)).padStart(6, "0")} 2026]`;
  const origin = `[pid ${below(9999)}:tid ${below(999_999)}] [client ${address()}:${1024 + below(60_000)}]`;
  const messages = [
    `[auth_basic:error] ${origin} AH01617: user ${pick(USERS)}: authentication failure for "/private/": Password Mismatch`,
    `[auth_basic:error] ${origin} AH01618: user ${pick(USERS)} not found: /private/`,
    `[authz_core:error] ${origin} AH01630: client denied by server configuration: /var/www/html/.env`,
    `[php:error] ${origin} script '/var/www/html/x.php' not found or unable to stat`,
    `[core:error] ${origin} AH00126: Invalid URI in request GET /../../etc/passwd HTTP/1.1`,
    `[ssl:info] ${origin} AH01964: Connection to child 3 established (server www.example.org:443)`,
    `[proxy:error] ${origin} AH00898: Error reading from remote server returned by ${pick(PAGES)}`,
    `[mpm_event:notice] [pid ${below(9999)}:tid ${below(999_999)}] AH00489: Apache/2.4.62 configured -- resuming normal operations`,
  ];
  return `${stamp} ${pick(messages)}`;
}

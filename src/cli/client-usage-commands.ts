/** A command as it is typed, and what it does. */
export type UsageEntry = readonly [syntax: string, text: string];

/** Commands of one kind, under a title. */
export interface UsageSection {
  readonly title: string;
  readonly entries: readonly UsageEntry[];
}

const ACTION_COMMANDS = [
  ["actionstart", "start"],
  ["actionstop", "stop"],
  ["actioncheck", "check"],
  ["actionban", "ban"],
  ["actionunban", "unban"],
] as const;

/** Every command a user may want, in the order they are shown. */
export const USAGE_SECTIONS: readonly UsageSection[] = [
  {
    title: "BASIC",
    entries: [
      ["start", "start server and jails"],
      ["restart", "stop the server, then start it"],
      ["restart [--unban] [--if-exists] <JAIL>", "short for 'reload --restart' with the same words"],
      [
        "reload [--restart] [--unban] [--all]",
        "read the configuration again and apply it to all jails; '--restart' stops and starts them, " +
          "'--unban' also lifts their bans",
      ],
      ["reload [--restart] [--unban] [--if-exists] <JAIL>", "the same for one jail"],
      ["stop", "stop all jails and end the server"],
      ["unban --all", "lift every ban in all jails and in the database"],
      ["unban <IP> ... <IP>", "lift the bans of <IP> in all jails and in the database"],
      ["banned", "list what is banned, jail by jail"],
      ["banned <IP> ... <IP>", "for each <IP>, list the jails it is banned in"],
      ["status", "show how many jails there are and their names"],
      ["status --all [FLAVOR]", "show the status of every jail"],
      ["stats", "show the counters of all jails as a table"],
      ["ping", "ask whether the server is alive"],
      ["echo", "have the server send words back (for tests)"],
      ["help", "show this text"],
      ["version", "show the version of the server"],
    ],
  },
  {
    title: "LOGGING",
    entries: [
      [
        "set loglevel <LEVEL>",
        "log from <LEVEL> on: CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG, TRACEDEBUG, HEAVYDEBUG, " +
          "or a number from 50 down to 5",
      ],
      ["get loglevel", "show the level"],
      ["set logtarget <TARGET>", "log to STDOUT, STDERR, SYSLOG, SYSTEMD-JOURNAL or a file"],
      ["get logtarget", "show where the log goes"],
      ["set syslogsocket auto|<SOCKET>", "reach syslog at <SOCKET>; matters only for the target SYSLOG"],
      ["get syslogsocket", "show the syslog socket"],
      ["flushlogs", "close and open the log file again, after it was rotated"],
    ],
  },
  {
    title: "DATABASE",
    entries: [
      ["set dbfile <FILE>", 'keep bans in <FILE>; "None" keeps none'],
      ["get dbfile", "show the database file"],
      ["set dbmaxmatches <INT>", "keep at most <INT> log lines of a ban in the database"],
      ["get dbmaxmatches", "show that number"],
      ["set dbpurgeage <SECONDS>", "forget bans that ended <SECONDS> ago"],
      ["get dbpurgeage", "show that age, in seconds"],
    ],
  },
  {
    title: "JAIL CONTROL",
    entries: [
      ["add <JAIL> <BACKEND>", "make <JAIL>, reading its logs with <BACKEND>"],
      ["start <JAIL>", "start <JAIL>"],
      ["stop <JAIL>", "stop <JAIL> and remove it"],
      [
        "status <JAIL> [FLAVOR]",
        "show counters, logs and bans of <JAIL>; FLAVOR is basic, short, stats or cymru",
      ],
    ],
  },
  {
    title: "JAIL CONFIGURATION",
    entries: [
      ["set <JAIL> idle on|off", "pause <JAIL>, or let it go on"],
      ["set <JAIL> ignoreself true|false", "whether addresses of this machine are never banned"],
      ["set <JAIL> addignoreip <IP>", "never ban <IP>"],
      ["set <JAIL> delignoreip <IP>", "no longer spare <IP>"],
      ["set <JAIL> ignorecommand <VALUE>", "command that decides whom to spare"],
      ["set <JAIL> ignorecache <VALUE>", "how answers of that command are remembered"],
      [
        "set <JAIL> addlogpath <FILE> ['tail']",
        "watch <FILE> too, from its beginning or, with 'tail', from its end",
      ],
      ["set <JAIL> dellogpath <FILE>", "no longer watch <FILE>"],
      ["set <JAIL> logencoding <ENCODING>", "character encoding of the logs"],
      ["set <JAIL> addjournalmatch <MATCH>", "also read journal entries that fit <MATCH>"],
      ["set <JAIL> deljournalmatch <MATCH>", "no longer read those entries"],
      ["set <JAIL> addfailregex <REGEX>", "count lines that match <REGEX> as failures"],
      ["set <JAIL> delfailregex <INDEX>", "drop the failregex with that number"],
      ["set <JAIL> addignoreregex <REGEX>", "pass over lines that match <REGEX>"],
      ["set <JAIL> delignoreregex <INDEX>", "drop the ignoreregex with that number"],
      ["set <JAIL> findtime <TIME>", "time within which failures are counted together"],
      ["set <JAIL> bantime <TIME>", "how long a ban lasts; below 0 it never ends"],
      ["set <JAIL> datepattern <PATTERN>", "how dates are written in the logs"],
      ["set <JAIL> usedns <VALUE>", "what to do with host names: yes, warn, no or raw"],
      ["set <JAIL> attempt <IP> [<failure1> ... <failureN>]", "count a failure of <IP> by hand"],
      ["set <JAIL> banip <IP> ... <IP>", "ban <IP> now"],
      ["set <JAIL> unbanip [--report-absent] <IP> ... <IP>", "lift the ban of <IP> in <JAIL>"],
      ["set <JAIL> maxretry <RETRY>", "failures that lead to a ban"],
      ["set <JAIL> maxmatches <INT>", "log lines kept in memory for each offender"],
      ["set <JAIL> maxlines <LINES>", "lines that one failure may span"],
      [
        "set <JAIL> addaction <ACT>[ <PYTHONFILE> <JSONKWARGS>]",
        "add the action <ACT>, made of shell commands, or of a JavaScript module",
      ],
      ["set <JAIL> delaction <ACT>", "remove the action <ACT>"],
    ],
  },
  {
    title: "COMMAND ACTION CONFIGURATION",
    entries: [
      ...ACTION_COMMANDS.map(
        ([option, name]): UsageEntry => [
          `set <JAIL> action <ACT> ${option} <CMD>`,
          `make <CMD> the ${name} command of <ACT>`,
        ],
      ),
      ["set <JAIL> action <ACT> timeout <TIMEOUT>", "seconds a command of <ACT> may take"],
    ],
  },
  {
    title: "GENERAL ACTION CONFIGURATION",
    entries: [
      ["set <JAIL> action <ACT> <PROPERTY> <VALUE>", "give a property of <ACT> a value"],
      ["set <JAIL> action <ACT> <METHOD>[ <JSONKWARGS>]", "call a method of <ACT>, arguments as JSON"],
    ],
  },
  {
    title: "JAIL INFORMATION",
    entries: [
      ["get <JAIL> banned", "list what <JAIL> has banned"],
      ["get <JAIL> banned <IP> ... <IP>", "1 if <IP> is banned there, else 0; a list for several"],
      ["get <JAIL> logpath", "files watched"],
      ["get <JAIL> logencoding", "encoding of the logs"],
      ["get <JAIL> journalmatch", "journal entries read"],
      ["get <JAIL> ignoreself", "whether this machine is spared"],
      ["get <JAIL> ignoreip", "addresses and networks never banned"],
      ["get <JAIL> ignorecommand", "command that decides whom to spare"],
      ["get <JAIL> failregex", "what counts as a failure"],
      ["get <JAIL> ignoreregex", "what is passed over"],
      ["get <JAIL> findtime", "time within which failures are counted together"],
      ["get <JAIL> bantime", "how long a ban lasts"],
      ["get <JAIL> datepattern", "how dates are read"],
      ["get <JAIL> usedns", "what happens to host names"],
      [
        "get <JAIL> banip [<SEP>|--with-time]",
        "what is banned, the ban that ends first in front; set apart by blanks or <SEP>, " +
          "or one on a line with start and end",
      ],
      ["get <JAIL> maxretry", "failures that lead to a ban"],
      ["get <JAIL> maxmatches", "log lines kept for each offender"],
      ["get <JAIL> maxlines", "lines that one failure may span"],
      ["get <JAIL> actions", "names of the actions"],
    ],
  },
  {
    title: "COMMAND ACTION INFORMATION",
    entries: [
      ...ACTION_COMMANDS.map(
        ([option, name]): UsageEntry => [`get <JAIL> action <ACT> ${option}`, `the ${name} command of <ACT>`],
      ),
      ["get <JAIL> action <ACT> timeout", "seconds a command of <ACT> may take"],
    ],
  },
  {
    title: "GENERAL ACTION INFORMATION",
    entries: [
      ["get <JAIL> actionproperties <ACT>", "names of the properties of <ACT>"],
      ["get <JAIL> actionmethods <ACT>", "names of the methods of <ACT>"],
      ["get <JAIL> action <ACT> <PROPERTY>", "value of a property of <ACT>"],
    ],
  },
];

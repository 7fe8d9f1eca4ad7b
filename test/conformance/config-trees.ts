/** One configuration tree written to be tricky. */
export interface Tree {
  readonly name: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** fail2ban gives up on everything here; the text is what we do in its place. */
  readonly aborts?: "fatal" | "jail skipped" | "works";
  /** Why our stream is another than fail2ban 1.0.2's, with the lines only we have. */
  readonly differs?: { readonly reason: string; readonly ours: readonly string[] };
}

const FILTER = "[Definition]\nfailregex = ^bad <HOST>$\nignoreregex =\n";
const ACTION = "[Definition]\nactionban = add <ip> <port>\nactionunban = del <ip>\n[Init]\nport = 1\n";
const JAIL = "[j]\nenabled = true\nfilter = f\naction = a\n";
const BASE = { "fail2ban.conf": "[DEFAULT]\n", "filter.d/f.conf": FILTER, "action.d/a.conf": ACTION };

function tree(name: string, files: Tree["files"], more: Partial<Tree> = {}): Tree {
  return { name, files: { ...BASE, "jail.conf": JAIL, ...files }, ...more };
}

/** A jail.conf with more options in its only jail. */
function jail(name: string, options: string, more: Partial<Tree> & { head?: string } = {}): Tree {
  return tree(name, { "jail.conf": `${more.head ?? ""}${JAIL}${options}\n` }, more);
}

function filter(name: string, definition: string, call = "f", options = ""): Tree {
  const section = `[j]\nenabled = true\nfilter = ${call}\n${options}\n`;
  return tree(name, { "filter.d/f.conf": definition, "jail.conf": section });
}

function action(name: string, definition: string, call = "a", options = ""): Tree {
  const section = `[j]\nenabled = true\nfilter = f\naction = ${call}\n${options}\n`;
  return tree(name, { "action.d/a.conf": definition, "jail.conf": section });
}

const DIALECT: readonly Tree[] = [
  jail(
    "header greedy and trailing text",
    "findtime = 1m\n[k]x] trailing\nenabled = true\nfilter = f\naction = a",
  ),
  jail("lower-case default is a jail", "findtime = 5\n[default]\nfindtime = 9\n"),
  jail("keys fold, both delimiters", "BanTime: 1h=2:3\nFINDTIME =10m"),
  jail("inline comments", "findtime = 10m ; not this\nbantime = 1;2\nignorecommand = a # kept ; gone\n"),
  jail(
    "comment at column 0 inside a value",
    "ignoreip = 192.0.2.1\n; gone\n# gone\n  192.0.2.2 ; gone\n  ;gone\n",
  ),
  jail("blank lines inside a value", "failregex = ^a <HOST>\n\n   ^b <HOST>\n\n\nbantime = 3"),
  jail("value that starts on the next line", "failregex =\n  ^a <HOST>\n  ^b <HOST>\n"),
  jail("indented keys", "  findtime = 1\n    more\n  bantime = 2\n bantime.factor = 3\n   deeper = 4\n"),
  jail("tabs count one column", "\tfindtime = 1\n  2\n"),
  jail("section header inside a value", "failregex = ^a\n [k]\n enabled = true\n"),
  jail("DEFAULT twice", "[DEFAULT]\nfindtime = 1\n[DEFAULT]\nbantime = 2\n"),
  jail("non-breaking blanks are stripped", "findtime =\u00a07\u2003\nbantime = \u001f8\u0085\n"),
  jail("unicode values", "ignorecommand = /bin/prüf “x” 😀 \u00ad\n"),
  tree("windows line ends", { "jail.conf": JAIL.replaceAll("\n", "\r\n") }),
  tree("old mac line ends", { "jail.conf": JAIL.replaceAll("\n", "\r") }),
  tree("byte order mark", { "jail.conf": `\ufeff${JAIL}` }, { aborts: "works" }),
  jail("duplicate option", "enabled = false", { aborts: "fatal" }),
  jail("duplicate section", "[j]\nbantime = 3", { aborts: "fatal" }),
  jail("line without delimiter", "nonsense", { aborts: "fatal" }),
  jail("empty key", "= 3", { aborts: "fatal" }),
  tree("text before a section", { "jail.conf": `a = b\n${JAIL}` }, { aborts: "fatal" }),
  tree("broken jail.local", { "jail.local": "[j\nx" }, { aborts: "fatal" }),
  tree("broken fail2ban.local", { "fail2ban.local": "x" }, { aborts: "fatal" }),
  tree("broken filter", { "filter.d/f.conf": "[Definition]\nx" }, { aborts: "jail skipped" }),
  tree("broken action", { "action.d/a.local": "x" }, { aborts: "jail skipped" }),
  tree("latin-1 in jail.local is ignored", {
    "jail.local": Buffer.from("[j]\nbantime = 1\n# \xe4\n", "latin1"),
  }),
  tree("binary jail.d file is ignored", { "jail.d/z.conf": Buffer.from([0, 255, 254, 10, 91, 10]) }),
  tree("empty brackets are no header", { "jail.conf": `${JAIL}[]\n` }, { aborts: "fatal" }),
];

const FILES: readonly Tree[] = [
  tree("order of the four kinds", {
    "jail.conf": `[DEFAULT]\nbantime = 1\nfindtime = 1\nmaxretry = 1\nusedns = no\n${JAIL}`,
    "jail.d/b.conf": "[j]\nbantime = 3\nfindtime = 3\n",
    "jail.d/10.conf": "[j]\nbantime = 2\nfindtime = 2\nmaxretry = 2\n",
    "jail.d/2.conf": "[j]\nmaxretry = 22\n",
    "jail.local": "[j]\nfindtime = 4\n",
    "jail.d/a.local": "[j]\nusedns = raw\n",
    "jail.d/.hidden.conf": "[j]\nbantime = 99\n",
    "jail.d/other.txt": "[j]\nbantime = 98\n",
  }),
  tree("local beside a file in jail.d", {
    "jail.d/x.conf": "[j]\nbantime = 1\n",
    "jail.d/x.local": "[j]\nbantime = 2\n",
  }),
  tree("filter.d/f.d and f.local", {
    "filter.d/f.d/x.conf": "[Definition]\nfailregex = ^x <HOST>$\n",
    "filter.d/f.local": "[Definition]\nignoreregex = ^ok\n   %(known/failregex)s\n",
  }),
  tree("filter with only a local", { "filter.d/g.local": FILTER, "jail.local": "[j]\nfilter = g\n" }),
  tree("includes before and after with their locals", {
    "filter.d/f.conf":
      "[INCLUDES]\nbefore = one.inc\n  two.inc\nafter = three.inc\n[Definition]\nfailregex = %(a)s%(b)s%(c)s\n",
    "filter.d/one.inc": "[DEFAULT]\na = 1\nb = 1\nc = 1\n",
    "filter.d/one.local": "[DEFAULT]\na = 1l\n",
    "filter.d/two.inc": "[DEFAULT]\nb = 2\nc = 2\n[Definition]\nfailregex = lost\n",
    "filter.d/three.inc": "[DEFAULT]\nc = 3\n",
  }),
  tree("missing includes", { "jail.conf": `[INCLUDES]\nbefore = none.conf\n\n   /absent/x.conf\n${JAIL}` }),
  tree("include of itself", {
    "jail.conf": `[INCLUDES]\nbefore = jail.conf\n[DEFAULT]\nbantime=4\n${JAIL}findtime = %(known/bantime)s`,
  }),
  tree("include circle", {
    "jail.conf": `[INCLUDES]\nbefore = one.conf\n${JAIL}bantime = 9\nfindtime = %(known/bantime)s\n`,
    "one.conf": "[INCLUDES]\nafter = two.conf\n[j]\nbantime = 1\n",
    "two.conf": "[INCLUDES]\nbefore = one.conf\n[j]\nbantime = 2\n",
  }),
  tree("include with interpolation", {
    "jail.conf": `[INCLUDES]\nbefore = %(which)s.conf\n[DEFAULT]\nwhich = two\n${JAIL}`,
    "two.conf": "[DEFAULT]\nbantime = 2\n",
  }),
  tree("include by absolute path", {
    "jail.conf": `[INCLUDES]\nbefore = {ROOT}/two.conf\n${JAIL}`,
    "two.conf": "[DEFAULT]\nbantime = 2\n",
  }),
  tree(
    "include that never ends",
    { "jail.conf": `[INCLUDES]\nbefore = ./jail.conf\n${JAIL}` },
    { aborts: "fatal" },
  ),
  tree(
    "include value that leads nowhere",
    { "jail.conf": `[INCLUDES]\nbefore = %(gone)s\n${JAIL}` },
    { aborts: "fatal" },
  ),
  tree("no jail.conf", { "jail.conf": "" }),
  tree("unknown filter and a good jail", {
    "jail.local": "[k]\nenabled=1\nfilter=none\n[l]\nenabled=on\nfilter=f\naction=gone\n",
  }),
  tree("missing action after one that refers to nothing", {
    "action.d/b.conf": "[Definition]\nactionban = <x>\nx = %(gone)s\n",
    "jail.local": "[j]\naction = b\n  gone\n",
  }),
  tree("blank before the brackets", { "jail.local": "[j]\nfilter = f [x=1]\n" }),
  tree("enabled spellings", {
    "jail.local": ["1", "ON", "True", "yes", "y", "2", "", "enabled"]
      .map((word, i) => `[k${i}]\nenabled = ${word}\nfilter = f\naction = a\n`)
      .join(""),
  }),
  tree("fail2ban.conf values", {
    "fail2ban.conf":
      "[DEFAULT]\nloglevel = DEBUG\n[Definition]\nlogtarget = SYSLOG[facility=auth]\ndbmaxmatches = 07\ndbpurgeage = 2d\nallowipv6 = no\ndbfile = None\n[Thread]\nstacksize = 64\n",
  }),
  tree("fail2ban.conf numbers that are none", {
    "fail2ban.conf": "[Definition]\ndbmaxmatches = x\nloglevel = 12\n[Thread]\nstacksize = y\n",
  }),
  tree("fail2ban.conf without Definition", {
    "fail2ban.conf": "[Thread]\nother = 1\n",
    "fail2ban.d/x.conf": "[DEFAULT]\nloglevel = ERROR\n",
  }),
  tree("wrong log level", { "fail2ban.conf": "[Definition]\nloglevel = LOUD\n" }, { aborts: "fatal" }),
];

const REFERENCES: readonly Tree[] = [
  jail("percent escapes", "ignorecommand = 100%% %%(x)s %(bantime)s\nbantime = 5%%\n"),
  jail("section name", "ignorecommand = %(__name__)s %(__NAME__)s\n"),
  jail(
    "other section in the referrer's context",
    "ignorecommand = %(o/v)s\nw = mine\n[o]\nv = <%(w)s>\nw = theirs\n",
  ),
  jail("other section falls back to DEFAULT", "ignorecommand = %(o/v)s\n[o]\nx=1\n[DEFAULT]\nv = d\n"),
  jail("default/ passes over the section", "ignorecommand = %(default/v)s %(v)s\nv = s\n[DEFAULT]\nv = d\n"),
  jail("upper-case option", "ignorecommand = %(BANTIME)s\nbantime = 1\n"),
  jail("upper-case section never works", "ignorecommand = %(UPP/x)s\n[UPP]\nx = 1\n", {
    aborts: "jail skipped",
  }),
  jail("upper-case option of a section never works", "ignorecommand = %(oth/X)s\n[oth]\nx = 1\n", {
    aborts: "jail skipped",
  }),
  jail("DEFAULT/ never works", "ignorecommand = %(DEFAULT/x)s\n[DEFAULT]\nx = 1\n", {
    aborts: "jail skipped",
  }),
  jail("section that does not exist", "ignorecommand = %(gone/x)s\n", { aborts: "jail skipped" }),
  jail("option that does not exist", "ignorecommand = %(gone)s\n", { aborts: "jail skipped" }),
  jail("lone percent", "ignorecommand = 5% off\n", { aborts: "jail skipped" }),
  jail("reference without an end", "ignorecommand = %(bantime\n", { aborts: "jail skipped" }),
  jail("self reference", "ignorecommand = %(ignorecommand)s\n", { aborts: "jail skipped" }),
  jail("ten references", chain(10)),
  jail("eleven references", chain(11), { aborts: "jail skipped" }),
  tree("known from an earlier file", {
    "jail.local": "[j]\nbantime = %(known/bantime)s0\n[DEFAULT]\nbantime = 1\n",
  }),
  tree("known of an earlier file's section", {
    "jail.conf": `${JAIL}bantime = 7\n`,
    "jail.local": "[j]\nbantime = %(known/bantime)s0\n",
  }),
  tree(
    "known twice",
    {
      "jail.conf": `${JAIL}bantime = 7\n`,
      "jail.d/x.conf": "[j]\nbantime = %(known/bantime)s0\n",
      "jail.local": "[j]\nbantime = %(known/bantime)s1\n",
    },
    { aborts: "jail skipped" },
  ),
  tree("known options of the filter", {
    "filter.d/f.conf":
      "[DEFAULT]\nhidden = no\n[Definition]\nfailregex = ^<x> <HOST>\n  ^second\nown = o\nmaxlines = 3\n[Init]\nx = 1\n",
    "jail.conf":
      "[j]\nenabled=1\nfilter = f[arg=A, x=2]\nfailregex = %(known/failregex)s\n  ^third %(known/own)s %(known/x)s %(known/arg)s %(known/logtype)s\n",
  }),
  tree(
    "known does not see the filter's DEFAULT",
    {
      "filter.d/f.conf": "[DEFAULT]\nhidden = no\n[Definition]\nfailregex = a\n",
      "jail.local": "[j]\nbantime = %(known/hidden)s\n",
    },
    { aborts: "jail skipped" },
  ),
  tree("version and path", { "jail.local": "[j]\nignorecommand = %(fail2ban_version)s\n" }),
  tree("disabled jails are not read", { "jail.local": "[k]\nenabled = false\nbantime = %(gone)s\n" }),
  tree("bad numbers", {
    "jail.local": "[j]\nmaxretry = five\nmaxmatches = 1_0\nignoreself = maybe\nbantime.increment = yes\n",
  }),
];

function chain(length: number): string {
  const links = Array.from({ length }, (_, i) => `v${i} = ${i + 1 < length ? `%(v${i + 1})s` : "%%"}`);
  return `ignorecommand = ${length > 10 ? "%(v0)s" : "%(v1)s"}\n${links.join("\n")}`;
}

const DEFINITION = "[Definition]\nfailregex = ";
const FILTERS: readonly Tree[] = [
  filter(
    "tags: nested and fixpoint",
    `${DEFINITION}^<m-<mode>> <HOST>\nm-a = A<x>\nm-b = B<x>\nmode = b\n[Init]\nx = 1\n`,
  ),
  filter(
    "tags: argument beats Init and Definition",
    `${DEFINITION}<x> <y>\nx = d\ny = d\n[Init]\nx = i\n`,
    "f[y=a]",
  ),
  filter("interpolation prefers Definition, tags Init", `${DEFINITION}%(u)s <u>\nu = D\n[Init]\nu = I\n`),
  filter(
    "case-insensitive fallback",
    `${DEFINITION}<FOO> <Foo> <INI> <ArgX> <argx>\nfoo = 1\n[Init]\nini = 2\n`,
    'f[ArgX="3"]',
  ),
  filter("an option called host", `${DEFINITION}^<HOST> <host>\nhost = gone\n`),
  filter(
    "section tags",
    `${DEFINITION}<lt_<logtype>/x> <UPP/x> <upp/X> <oth/X>\n[lt_file]\nx = F\n[lt_journal]\nx = J\n[UPP]\nx = U\n[oth]\nx = O\n`,
  ),
  filter(
    "section tags for the journal",
    `${DEFINITION}<lt_<logtype>/x>\n[lt_file]\nx = F\n[lt_journal]\nx = J\n`,
    "f",
    "backend = systemd[journalflags=1]",
  ),
  filter("logtype of the definition", `${DEFINITION}<logtype>\nlogtype = mine\n`),
  filter("logtype of Init is overruled", `${DEFINITION}<logtype>\n[Init]\nlogtype = mine\n`),
  filter("default tags", `[DEFAULT]\nd = 1\nx = 2\n${DEFINITION}<d> <DEFAULT/d> <default/x> <x>\nx = 3\n`),
  filter(
    "jail options seen by a filter",
    `${DEFINITION}<enabled> <backend> <filter> <bantime> <BACKEND>\n`,
    "f[arg=b]",
    "bantime = 3",
  ),
  filter(
    "jail overrides filter options",
    `${DEFINITION}^a\nignoreregex = ^i\nmaxlines = 3\ndatepattern = %%Y\nprefregex = ^p\nusedns = no\n`,
    "f",
    "maxlines = 5\nusedns = raw\nfailregex = ^j\n  ^k\nignoreregex =\nprefregex = ^q\n",
  ),
  filter(
    "usedns before all",
    `${DEFINITION}^a\nmaxlines = 3\nprefregex = ^p\nusedns = no\njournalmatch = A=b + "C=d e"\n  F=g\n`,
  ),
  filter("maxlines that is no number", `${DEFINITION}^a\nmaxlines = many\n`),
  filter("empty lines among regexes", `${DEFINITION}\n  ^a\n\n  ^b\n`),
  filter("Init sets filter options", `${DEFINITION}^a\n[Init]\nmaxlines = 7\njournalmatch = _X=1\n`),
  filter("no Definition section", "[Init]\nx = 1\n"),
  filter("tag with a line break", `${DEFINITION}^<a\n  b> <x>\nx = 1\n`),
  filter("unknown tags stay", `${DEFINITION}^<F-ID><no-such> <> < a> <HOST>\n`),
  filter("26 repeats of one tag", `${DEFINITION}${"<a<b>>".repeat(26)}\nb =\na = x\n`),
  filter(
    "known tag of a local",
    `${DEFINITION}<known/x> <x> <known/i> <i>\nx = 1\n[Init]\ni = I\n`,
    "f[i=J]",
  ),
  tree(
    "self reference in tags",
    { "filter.d/f.conf": `${DEFINITION}<a>\na = <b>\nb = <a>\n` },
    { aborts: "jail skipped" },
  ),
  tree("tag of itself", { "filter.d/f.conf": `${DEFINITION}<failregex>\n` }, { aborts: "jail skipped" }),
  tree(
    "Definition never sees Init",
    { "filter.d/f.conf": `${DEFINITION}%(u)s\n[Init]\nu = I\n` },
    { aborts: "jail skipped" },
  ),
  tree(
    "journalmatch with an open quote",
    { "filter.d/f.conf": `${DEFINITION}a\njournalmatch = A="b\n` },
    { aborts: "jail skipped" },
  ),
  tree("no filter", { "jail.conf": "[j]\nenabled = 1\nfailregex = ^x <HOST>\naction = a\n" }),
  tree(
    "a filter option named like a part of datepattern",
    { "filter.d/f.conf": `${DEFINITION}a\n[Init]\npattern = p\n` },
    {
      differs: { reason: "fail2ban sends a command `set j pattern` that its server refuses", ours: [] },
    },
  ),
];

const CALLS = [
  "a[x=1]",
  "a[]",
  "a[x=1,]",
  "a[x=1] [y=2]",
  "a[x=1][y=2]",
  "a[x='p\"q']",
  "a[x=b c , y=d e]",
  "a[x=1,x=2]",
  "a[x=]",
  'a[x="1, ]2", y=3]',
  "a[x=1\n  , y=2]\n  a[name=k, actname=q]",
  "a[name=j-x]",
  "a[name=jx]",
  "a[name=other]",
  "a[actname=own]",
  "a a[name=b]",
  "a\n\n  a[name=c]",
  "a[x=1]  a[name=d, y='2 3']",
  's.py[user="ü", actname=n]',
  "s.py",
  "a[x]",
  "a[x=1,,y=2]",
  'a[x="1"z]',
  "a[x=1]z]",
  "a[x=1",
  "a[x=1] z",
  "a[ x = 1 ]",
  "a [x=1]",
  "[x=1]",
  "a[,]",
  "a[\tx=1]",
  'a[x="1"\n  ]',
  "a[x-y_.z=1]",
  "a[Port=9]",
  "a[port=8]",
  "gone[x=1]",
  "a[x=<port>, port=<bantime>]",
] as const;

const ACTIONS: readonly Tree[] = [
  ...CALLS.map((call) => action(`call ${JSON.stringify(call)}`, ACTION, call)),
  action(
    "all options and types",
    "[Definition]\nactionstart = s\nactionstart_on_demand = yes\nactionrepair_on_unban = 0\nnorestored = 1\nactioncheck =\nactionflush = f\nactionban = <name> <actname> <NAME> <bantime> <ip> <matches> <timeout> <logpath> <maxretry>\n",
    "a",
    "maxretry = 3\nlogpath = /no/such\nbantime=1h",
  ),
  action(
    "conditional sections",
    "[Definition]\nactionban = <p> <q> <t>\n[Init]\np = 1\nq = <p>\nt = 3\n[Init?family=inet6]\np = 6\n",
  ),
  action(
    "conditional definition",
    "[Definition]\nactionban = 4 <ip>\n[Definition?family=inet6]\nactionban = 6 <ip>\n[Init]\nactionban = x\n",
  ),
  {
    ...action(
      "argument over a conditional",
      "[Definition]\nactionban = <p>\n[Init]\np = 1\n[Init?family=inet6]\np = 6\n",
      "a[p=2]",
    ),
    differs: {
      reason: "since 1.1 an argument stands for the conditional values as well",
      ours: [
        "['multi-set', 'j', 'action', 'a', [['actionban', '<p>'], ['p', '2'], ['name', 'j'], ['actname', 'a'], ['p?family=inet6', '2']]]",
      ],
    },
  },
  {
    ...action(
      "conditional argument",
      "[Definition]\nactionban = <p>\n[Init]\np = 1\n",
      "a[p?family=inet6=7]",
    ),
    differs: {
      reason: "since 1.1 an argument can be given for one family",
      ours: [
        "['add', 'j', 'auto']",
        "['set', 'j', 'addfailregex', '^bad <HOST>$']",
        "['set', 'j', 'addaction', 'a']",
        "['multi-set', 'j', 'action', 'a', [['actionban', '<p>'], ['p?family=inet6', '7'], ['name', 'j'], ['actname', 'a'], ['p', '1']]]",
        "['start', 'j']",
      ],
    },
  },
  action(
    "semicolon after a blank cuts the script",
    "[Definition]\nactionban = one ; two\n  three;four\n  five; six ; seven\n",
  ),
  action("Definition options are not sent", "[Definition]\nactionban = <helper>\nhelper = h<h2>\nh2 = 2\n"),
  action("Init refers to Definition", "[Definition]\nactionban = <i>\nd = D\n[Init]\ni = <d>\n"),
  action(
    "known chain",
    "[Definition]\nactionban = <chain>\n[Init]\nchain = INPUT\n",
    'a[chain="<known/chain>"]',
  ),
  action(
    "self-referring argument",
    "[Definition]\nactionban = <port>\n[Init]\nport = 1\n",
    'a[port="<known/port>,2"]',
  ),
  action(
    "texts longer than a thousand columns",
    `[Definition]\nactionban = ${"word ".repeat(300)}\n  ${"x".repeat(1500)} y\n  ${"ab  ".repeat(249)}end\n  short\n`,
  ),
  action("empty action", "[Init]\n"),
  action("no action", ACTION, ""),
  tree("action without Init", { "action.d/a.conf": "[Definition]\nactionban = x\n" }),
  tree("interpolation in an action", {
    "action.d/a.conf": "[Definition]\nactionban = %(x)s %(bantime)s\nx = <ip>\n",
    "jail.local": "[j]\nbantime = 5\n",
  }),
  tree(
    "interpolation error in an action",
    { "action.d/a.conf": "[Definition]\nactionban = %(x)s\n" },
    { aborts: "jail skipped" },
  ),
];

const LOGS: readonly Tree[] = [
  tree("log paths", {
    "logs/a.log": "",
    "logs/b.log": "",
    "logs/c.txt": "",
    "jail.local":
      "[j]\nlogpath = {ROOT}/logs/a.log tail\n  {ROOT}/logs/b.* head\n  {ROOT}/logs/my file\n  {ROOT}/logs/[c-z].txt\n  {ROOT}/absent\n",
  }),
  tree("position word is not checked", {
    "logs/a.log": "",
    "jail.local": "[j]\nlogpath = {ROOT}/logs/a.log middle\n",
  }),
  tree("systemd takes no log path", {
    "logs/a.log": "",
    "jail.local": "[j]\nbackend = systemd\nlogpath = {ROOT}/logs/a.log\n",
  }),
  tree("missing log is tolerated in a dump", { "jail.local": "[j]\nlogpath = /no/such/log\n" }),
  tree("ignoreip words", {
    "jail.local": "[j]\nignoreip = 192.0.2.1, 198.51.100.0/24\n  ,, ::1\tx 203.0.113.1\n",
  }),
  tree("all jail options", {
    "jail.local":
      '[j]\nbackend = polling\nmaxretry = -1\nmaxmatches = 0\nfindtime = 1h\nbantime = -1\nbantime.increment = true\nbantime.factor = 2\nbantime.formula = ban.Time * 2\nbantime.multipliers = 1 2\nbantime.maxtime = 1w\nbantime.rndtime = 5\nbantime.overalljails = 1\nignorecommand = /bin/x <ip>\nignoreself = 0\nignorecache = key="<ip>", max-count=1\nlogtimezone = UTC+0200\nlogencoding = latin1\nunknown = 3\n',
  }),
  tree(
    "systemd_if_nologs",
    { "jail.local": "[j]\nlogpath = /no/such/log\njournalmatch = _X=1\n" },
    { differs: { reason: "since 1.1 such a jail reads the journal", ours: ["['add', 'j', 'systemd']"] } },
  ),
  tree(
    "skip_if_nologs",
    { "jail.local": "[j]\nlogpath = /no/such/log\nskip_if_nologs = 1\n" },
    {
      differs: {
        reason: "since 1.1 such a jail is skipped",
        ours: ["['config-error', \"Jail 'j' skipped, because of missing log files.\"]"],
      },
    },
  ),
];

/** All of them; names are unique. */
export const TREES: readonly Tree[] = [...DIALECT, ...FILES, ...REFERENCES, ...FILTERS, ...ACTIONS, ...LOGS];

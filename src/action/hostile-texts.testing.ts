/**
 * Texts that want to be more than text, each with what it tries: user names, lines of logs and ids that a stranger could
 * choose. `canary` is a command that leaves a file of that name, as `> canary` would.
 */
export const HOSTILE_TEXTS: readonly (readonly [title: string, text: string])[] = [
  ["substitutions", "$(canary)`canary`"],
  ["the end of single quotes", "'; canary; '"],
  ["the end of double quotes", '"; canary; "'],
  ["lines", "x\ncanary\n"],
  ["a command of mail", "x\r\n~!canary\r\n.\r\nBcc: victim@example.com\r\n"],
  ["NUL", "\0; canary\0"],
  ["options", "-X canary -e!canary --exec=canary"],
  ["pipes and redirections", ") & canary | canary > canary || canary; }"],
  ["patterns and variables", "${IFS}canary${IFS} $f2bV_matches $0 * [a-z]* {a,b} %s%n \\n \\044(canary)"],
  ["a command of nft", "192.0.2.77 }; flush ruleset; add table x { canary"],
  ["a text of JSON", '"}, {"canary": ["\\u0022'],
  ["controls and tags", "é\u2028canary\u202e\x07\x1b[31m\ud800 <matches> <ip> <F-USER>"],
  ["a megabyte", "'\"$(canary)` ".repeat(80_000)],
  ["a megabyte to be escaped", '"\\\n'.repeat(350_000)],
  [
    "markup and mentions",
    "@everyone <!channel> <@U1> [click](https://canary.example) <https://canary.example|bank> *b* `c`",
  ],
  ["the end of a part of a mail", "\r\n--canary--\r\n\r\nFrom canary\r\nSubject: canary\r\n"],
  ["an address of the web", "../../?canary=1&x=#/%2e%2e/%0d%0aX-Canary: 1"],
];

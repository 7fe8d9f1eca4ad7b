import * as fc from "fast-check";

const plain = fc.constantFrom("a", "b", "a", "b", "c");
const odd = fc.constantFrom("k", "K", "0", "-", " ", "\\n", "é", "😀", "\\.", "ſ", "i", "\\x41");
const classes = fc.constantFrom(
  ".",
  "\\d",
  "\\w",
  "\\s",
  "\\W",
  "\\S",
  "\\D",
  "[ab]",
  "[^a]",
  "[]a]",
  "[^]b]",
  "[\\W\\d]",
  "[^\\W0]",
  "[a-k-]",
  "[\\S ]",
  "[é-ü]",
);
const assertions = fc.constantFrom("^", "$", "\\b", "\\B", "\\A", "\\Z");
const references = fc.constantFrom("\\1", "\\2", "(?P=n)", "(?(1)a|b)", "(?(2)b)", "(?(n)|b)", "(?(n)a|c)");
const counts = fc.constantFrom("*", "+", "?", "{2}", "{,2}", "{1,}", "{1,3}", "{0}");
const modes = fc.constantFrom("", "", "", "?", "+");
const openings = fc.constantFrom(
  "(",
  "(",
  "(",
  "(",
  "(?:",
  "(?:",
  "(?P<n>",
  "(?P<n>",
  "(?=",
  "(?!",
  "(?>",
  "(?i:",
  "(?(1)",
  "(?s-i:",
  "(?a:",
);

const { body } = fc.letrec<{ body: string; branch: string; item: string; atom: string }>((tie) => ({
  body: fc.oneof(
    { weight: 3, arbitrary: tie("branch") },
    { weight: 2, arbitrary: joined(fc.array(tie("branch"), { minLength: 2, maxLength: 3 }), "|") },
  ),
  branch: joined(fc.array(tie("item"), { minLength: 0, maxLength: 3 }), ""),
  item: fc.oneof(
    { weight: 5, arbitrary: tie("atom") },
    {
      weight: 5,
      arbitrary: fc.tuple(tie("atom"), counts, modes).map(([atom, count, mode]) => atom + count + mode),
    },
    { weight: 1, arbitrary: assertions },
    { weight: 2, arbitrary: references },
    { weight: 1, arbitrary: fc.constantFrom("(?<=a)", "(?<!b)", "(?<=(a)b)", "(?<!a|b)", "(?<=[^a].)") },
  ),
  atom: fc.oneof(
    { maxDepth: 4, depthIdentifier: "regex" },
    { weight: 4, arbitrary: plain },
    {
      weight: 6,
      arbitrary: fc.tuple(openings, tie("body")).map(([opening, inside]) => `${opening}${inside})`),
    },
    { weight: 1, arbitrary: odd },
    { weight: 2, arbitrary: classes },
  ),
}));

/** Patterns over a small alphabet, rich in groups, loops and references. A few of them Python refuses. */
export const patternArbitrary: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom("", "", "", "", "", "(?i)", "(?s)", "(?ia)", "(?x)"), body)
  .map(([flags, inside]) => flags + repair(inside));

/** Texts over the same alphabet; some go beyond ASCII. */
export const textArbitrary: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: text("a", "b", "a", "b", "c", "\n") },
  { weight: 1, arbitrary: text("a", "b", "c", "k", "K", "0", "-", " ", "A", "\n") },
  { weight: 1, arbitrary: text("a", "b", "A", "K", "é", "É", "😀", "ſ", "\u212a", "s", "\n", "\u00a0", "٣") },
);

function text(...characters: readonly string[]): fc.Arbitrary<string> {
  return joined(fc.array(fc.constantFrom(...characters), { maxLength: 8 }), "");
}

/** Makes most references point to groups that exist: the name is used once, and there are two groups. */
function repair(source: string): string {
  const [first = "", ...rest] = source.split("(?P<n>");
  const named = rest.length === 0 ? first : `${first}(?P<n>${rest.join("(")}`;
  const prefix = named.includes("(?P<n>") || !/\(\?P=n|\(\?\(n/.test(named) ? "" : "(?P<n>a)?";
  const count = (prefix + named).split(/\((?!\?)|\(\?P</).length - 1;
  const filler = /[(\\][12]/.test(named) ? "(b)?".repeat(Math.max(0, 2 - count)) : "";
  return filler + prefix + named;
}

function joined(parts: fc.Arbitrary<string[]>, separator: string): fc.Arbitrary<string> {
  return parts.map((texts) => texts.join(separator));
}

/**
 * Python's `re` on JavaScript's RegExp. Takes patterns as fail2ban users write them (Python 3.11, tags like
 * `<HOST>` already expanded); gives a syntax tree, a matcher with exactly Python's meaning, the literals that any
 * matching text must contain, and texts that show how a pattern can be tricked or made to work too hard. Knows nothing
 * of filters or dates, and never settles for JavaScript's own reading of a pattern: what no RegExp expresses exactly,
 * an own backtracking machine matches.
 */
export { RegexError, type RegexErrorCode, type RegexPlace } from "./errors";
export { findCrowding } from "./crowding";
export { explosiveText, findExplosion, type Explosion } from "./explosion";
export { findInjections, type Injection, type InjectionSearch } from "./injection";
export { requiredLiterals, type LiteralClause } from "./literals";
export { isAscii } from "./ascii";
export {
  compileByteMatcher,
  isByteMatchable,
  writeByteMatcher,
  type ByteMatcher,
  type WrittenMatcher,
} from "./byte-matcher";
export { ByteModule } from "./byte-module";
export { compilePattern, type Match, type Matcher, type Span, type SpanMatch } from "./matcher";
export { parsePattern, type PatternOptions } from "./parse";
export { listForks, makeSample, type Fork, type Sample, type SampleWishes } from "./sample";
export {
  childrenOf,
  type Alternation,
  type AnyCharacter,
  type Assertion,
  type Atomic,
  type BackReference,
  type Capture,
  type CategoryItem,
  type CharacterSet,
  type Conditional,
  type Fold,
  type Literal,
  type Look,
  type Node,
  type Pattern,
  type RangeItem,
  type Repeat,
  type Sequence,
} from "./tree";

/**
 * A run of whole lines of one log, undecoded. `text` holds one character per byte (latin1), so that it can be
 * searched at the speed of bytes; positions are indexes into it. Every line ends with `\n`.
 */
export interface Block {
  readonly text: string;
  /** Of the text. */
  readonly length: number;
  /** A part of the text. */
  part(start: number, end: number): string;
  /** Copies the bytes between two positions, one for each character of the text, where they can be had. */
  readonly copyBytes?: (target: Uint8Array, start: number, end: number) => void;
  /** The line between two positions as the log's encoding says, bytes that do not decode replaced by U+FFFD. */
  decode(start: number, end: number): string;
  /**
   * The time of the line that starts there, in seconds since 1970, where it came beside the line, as from a container
   * engine; a date in the line is then nothing but text.
   */
  readonly timeAt?: (start: number) => number | undefined;
}

/** A line whose time is already known, as the journal gives it: `text` has no date in it. */
export interface Entry {
  /** Seconds since 1970. */
  readonly time: number;
  /** The time as text for records: `2026-11-21T00:46:30.014642+00:00 `. */
  readonly date: string;
  readonly text: string;
  /** The fields it was made of, as a JSON object: names in capitals, values as texts or lists of texts. */
  readonly fields?: () => string;
}

/**
 * `initial`: catching up with what was written before the jail started, when lines older than findtime are dropped;
 * `operation`: lines as they come, whose dates are trusted only within a minute of the clock.
 */
export type Phase = "initial" | "operation";

/** A value of a field as `journalctl -o json` writes it: text, or bytes when it is no text. */
type Value = string | readonly number[];
/** A field, whose values stand in a list when the entry has it more than once. */
type Field = Value | readonly Value[];
/** The fields of an entry by their names. */
export type JournalFields = Readonly<Record<string, Field | null | undefined>>;

const ONLY_ASCII = /^[\x00-\x7f]*$/;

/** The fields in one line of `journalctl -o json`; `undefined` when it holds none. */
export function parseFields(json: string): JournalFields | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as JournalFields) : undefined;
  } catch {
    return undefined;
  }
}

/** All values of a field as one text, bytes that do not decode replaced; empty when it is missing. */
export function textOf(field: Field | null | undefined): string {
  return typeof field === "string"
    ? field
    : listValues(field)
        .map((value) => decode(value))
        .join(" ");
}

/** The values of a field in latin1, one character per byte. */
export function valuesOf(field: Field | null | undefined): readonly string[] {
  if (typeof field === "string") {
    return [ONLY_ASCII.test(field) ? field : Buffer.from(field).toString("latin1")];
  }
  return listValues(field).map((value) => Buffer.from(value as string).toString("latin1"));
}

/** The fields as a text of JSON, bytes decoded: what a filter reads that asks for fields. */
export function formatFields(fields: JournalFields): string {
  const shown = Object.entries(fields).map(([name, field]) => {
    const values = listValues(field).map((value) => decode(value));
    return [name, values.length === 1 ? values[0] : values];
  });
  return JSON.stringify(Object.fromEntries(shown));
}

function decode(value: Value): string {
  return typeof value === "string" ? value : Buffer.from(value).toString("utf8");
}

function listValues(field: Field | null | undefined): readonly Value[] {
  if (typeof field === "string") {
    return [field];
  }
  if (!Array.isArray(field)) {
    return [];
  }
  const isBytes = field.length > 0 && field.every((item) => typeof item === "number");
  // journalctl writes nothing else; what is none of these is left out.
  return isBytes
    ? [field]
    : field.filter((item): item is Value => typeof item === "string" || Array.isArray(item));
}

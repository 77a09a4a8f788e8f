// SPDX-License-Identifier: Apache-2.0

/**
 * One field of a header block as it came, name and folding included. `line`
 * has one character per byte.
 */
export interface HeaderLine {
  /** The field's name, lower-cased. */
  readonly key: string;
  readonly line: string;
}

/** The values of every field of that name, unfolded, in the order of the header. */
export function fieldValues(
  header: readonly HeaderLine[],
  name: string,
): string[] {
  // A list and a comparison, never an object: a sender chooses the names, and
  // `__proto__` is one.
  return header.filter(field => field.key === name).map(fieldValue);
}

/** The value of one field, unfolded. */
export function fieldValue({ line }: HeaderLine): string {
  return decodeBytes(unfold(line.slice(line.indexOf(':') + 1)));
}

/** The value of the first field of that name. */
export function firstFieldValue(
  header: readonly HeaderLine[],
  name: string,
): string | undefined {
  return fieldValues(header, name)[0];
}

// RFC 5322 section 2.2.3: only the line break is folding, the white space
// after it belongs to the value.
function unfold(value: string): string {
  return value.replace(/\r?\n(?=[ \t])/g, '').trim();
}

// RFC 6532 allows UTF-8 in a header; what is not UTF-8 is, in mail that exists,
// nearly always ISO-8859-1.
function decodeBytes(binary: string): string {
  const utf8 = Buffer.from(binary, 'latin1').toString('utf8');
  return utf8.includes('\ufffd') ? binary : utf8;
}

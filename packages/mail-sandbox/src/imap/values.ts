// SPDX-License-Identifier: Apache-2.0
import { ImapSyntaxError } from './ImapSyntaxError';
import type { ImapValue } from './CommandScanner';

/** An atom or a string, as text of Latin-1 characters (one per byte). */
export function textOf(value: ImapValue | undefined): string {
  if (value?.kind === 'atom') return value.text;
  if (value?.kind === 'string') return value.bytes.toString('latin1');
  throw new ImapSyntaxError('Missing argument');
}

/** An atom or a string, as text of UTF-8: user names and passwords. */
export function utf8Of(value: ImapValue | undefined): string {
  return Buffer.from(textOf(value), 'latin1').toString('utf8');
}

/** The items of a list. */
export function itemsOf(value: ImapValue | undefined): readonly ImapValue[] {
  if (value?.kind === 'list') return value.items;
  throw new ImapSyntaxError('Missing list');
}

/** A list, or a single value in its place. */
export function oneOrMore(value: ImapValue | undefined): readonly ImapValue[] {
  if (!value) throw new ImapSyntaxError('Missing argument');
  return value.kind === 'list' ? value.items : [value];
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** `1-Feb-2026` as the first millisecond of that day, in UTC. */
export function dateOf(text: string): number {
  const match = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/.exec(text);
  const month = match ? monthOf(match[2]) : -1;
  if (!match || month === -1) throw new ImapSyntaxError('Invalid date');
  return Date.UTC(Number(match[3]), month, Number(match[1]));
}

/** `" 1-Feb-2026 10:00:00 +0100"` (RFC 3501 section 9, date-time). */
export function dateTimeOf(text: string): Date {
  const match =
    /^ ?(\d{1,2}-[A-Za-z]{3}-\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(
      text,
    );
  if (!match) throw new ImapSyntaxError('Invalid date');
  const [, day, hour, minute, second, sign, zoneHour, zoneMinute] = match;
  const local =
    dateOf(day) +
    ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
  const zone = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000;
  return new Date(sign === '+' ? local - zone : local + zone);
}

/** Writes an internal date, in UTC. */
export function formatDateTime(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const month = MONTHS.slice(date.getUTCMonth() * 3).slice(0, 3);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  return `"${day}-${month}-${date.getUTCFullYear()} ${time
    .map(two)
    .join(':')} +0000"`;
}

function monthOf(name: string): number {
  const canonical = name.charAt(0).toUpperCase() + name.slice(1).toLowerCase();
  const at = MONTHS.indexOf(canonical);
  return at % 3 === 0 ? at / 3 : -1;
}

/**
 * Writes a string: quoted if that is allowed, else as a literal; `undefined`
 * is NIL. The text must be Latin-1, one character per byte.
 */
export function formatString(text: string | undefined): string {
  if (text === undefined) return 'NIL';
  if (/^[\x20-\x7e]{0,500}$/.test(text)) {
    return `"${text.replace(/(["\\])/g, '\\$1')}"`;
  }
  return `{${text.length}}\r\n${text}`;
}

/** Writes a mailbox name. */
export function formatMailboxName(name: string): string {
  return /^[A-Za-z0-9./_-]+$/.test(name) ? name : formatString(name);
}

/** Writes UIDs or numbers as a set, runs as ranges: `1:3,7`. */
export function formatNumberSet(numbers: readonly number[]): string {
  const ranges: string[] = [];
  for (let from = 0; from < numbers.length; ) {
    let to = from;
    while (numbers[to + 1] === numbers[to] + 1) to += 1;
    ranges.push(
      from === to ? `${numbers[from]}` : `${numbers[from]}:${numbers[to]}`,
    );
    from = to + 1;
  }
  return ranges.join(',');
}

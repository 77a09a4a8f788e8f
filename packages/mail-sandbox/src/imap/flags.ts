// SPDX-License-Identifier: Apache-2.0
import { ImapSyntaxError } from './ImapSyntaxError';

/** The system flags a client may set (RFC 3501 section 2.3.2). */
export const systemFlags = [
  '\\Answered',
  '\\Flagged',
  '\\Deleted',
  '\\Seen',
  '\\Draft',
] as const;

const MAX_FLAGS = 50;

/** A keyword: an atom without specials. */
const KEYWORD = /^(?:(?![(){}%*\"\\[\]])[!-~]){1,64}$/;

/**
 * Checks flags a client wants to set.
 *
 * @throws ImapSyntaxError for anything that is neither a system flag nor a
 * keyword, and for too many.
 */
export function parseFlags(names: readonly string[]): Set<string> {
  if (names.length > MAX_FLAGS) throw new ImapSyntaxError('Too many flags');
  return new Set(names.map(parseFlag));
}

function parseFlag(name: string): string {
  const system = systemFlags.find(
    flag => flag.toLowerCase() === name.toLowerCase(),
  );
  if (system) return system;
  if (!KEYWORD.test(name)) throw new ImapSyntaxError('Invalid flag');
  return name;
}

/** Writes flags as a list. */
export function formatFlags(flags: Iterable<string>): string {
  return `(${[...flags].join(' ')})`;
}

/** What STORE does with the flags it is given. */
export type FlagChange = 'set' | 'add' | 'remove';

/** The flags of a message after a change. */
export function changeFlags(
  before: ReadonlySet<string>,
  given: ReadonlySet<string>,
  change: FlagChange,
): Set<string> {
  switch (change) {
    case 'set':
      return new Set(given);
    case 'add':
      return new Set([...before, ...given].slice(0, MAX_FLAGS));
    default:
      return new Set([...before].filter(flag => !given.has(flag)));
  }
}

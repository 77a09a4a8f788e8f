// SPDX-License-Identifier: Apache-2.0
import type { RawCommand } from './CommandReader';
import { CommandScanner, type ImapValue } from './CommandScanner';
import { ImapSyntaxError } from './ImapSyntaxError';

export interface ImapCommand {
  readonly tag: string;
  /** Upper case; `UID FETCH` is one name. */
  readonly name: string;
  readonly args: readonly ImapValue[];
}

/** A tag (RFC 3501 section 9): no specials, no `+`, bounded. */
const TAG = /^(?:(?![(){%*\"\\+])[!-~]){1,64}$/;
const COMMAND_NAME = /^[A-Za-z0-9]{1,20}$/;

/**
 * Takes a command apart (RFC 3501 section 9). Lenient where that harms nobody:
 * an atom may hold any visible character, so that flags, patterns and message
 * sets need no grammar of their own here.
 *
 * @throws ImapSyntaxError
 */
export function parseCommand(raw: RawCommand): ImapCommand {
  const scanner = new CommandScanner(raw);
  const tag = scanner.word();
  if (!TAG.test(tag)) throw new ImapSyntaxError('Missing tag');
  try {
    return { tag, ...parseRest(scanner) };
  } catch (error) {
    if (!(error instanceof ImapSyntaxError)) throw error;
    throw new ImapSyntaxError(error.message, tag);
  }
}

function parseRest(scanner: CommandScanner): Omit<ImapCommand, 'tag'> {
  let name = commandName(scanner);
  if (name === 'UID') name = `UID ${commandName(scanner)}`;
  const args: ImapValue[] = [];
  while (!scanner.atEnd) {
    scanner.expectSpace();
    // Some clients end a line with a space.
    if (!scanner.atEnd) args.push(scanner.value(0));
  }
  return { name, args };
}

function commandName(scanner: CommandScanner): string {
  scanner.expectSpace();
  const name = scanner.word();
  if (!COMMAND_NAME.test(name)) throw new ImapSyntaxError('Missing command');
  return name.toUpperCase();
}

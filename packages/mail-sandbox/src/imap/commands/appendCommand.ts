// SPDX-License-Identifier: Apache-2.0
import { parseFlags } from '../flags';
import { no, ok } from '../ImapReply';
import { ImapSyntaxError } from '../ImapSyntaxError';
import type { ImapValue } from '../CommandScanner';
import { dateTimeOf, textOf } from '../values';
import type { ImapCommandSpec } from './ImapCommandSpec';

/** APPEND (RFC 3501 section 6.3.11) with APPENDUID (RFC 4315). */
export const appendCommand: ImapCommandSpec = {
  state: 'authenticated',
  async run({ account }, { args }) {
    const { flags, internalDate, raw } = parseAppend(args.slice(1));
    const mailbox = account.find(textOf(args[0]));
    if (!mailbox) return no('There is no such mailbox', 'TRYCREATE');
    const [uid] = mailbox.deliver([{ raw, flags, internalDate }]) ?? [];
    if (uid === undefined) return no('The mailbox is full', 'OVERQUOTA');
    return ok('Appended', `APPENDUID ${mailbox.uidValidity} ${uid}`);
  },
};

/** Maybe flags, maybe a date, then the message. */
function parseAppend(args: readonly ImapValue[]) {
  const rest = [...args];
  const message = rest.pop();
  if (message?.kind !== 'string') throw new ImapSyntaxError('Missing message');
  const flags =
    rest[0]?.kind === 'list'
      ? parseFlags(rest[0].items.map(textOf))
      : new Set<string>();
  if (rest[0]?.kind === 'list') rest.shift();
  const internalDate =
    rest[0]?.kind === 'string' ? dateTimeOf(textOf(rest[0])) : undefined;
  if (internalDate) rest.shift();
  if (rest.length > 0) throw new ImapSyntaxError('Unexpected argument');
  return { flags, internalDate, raw: message.bytes };
}

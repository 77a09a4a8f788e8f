// SPDX-License-Identifier: Apache-2.0
import { bodySection } from '../bodySection';
import { formatBodyStructure } from '../bodyStructure';
import { formatEnvelope } from '../envelope';
import { formatFlags } from '../flags';
import { ok, type ImapReply } from '../ImapReply';
import type { StoredMessage } from '../Mailbox';
import { ImapSyntaxError } from '../ImapSyntaxError';
import type { ImapCommand } from '../parseCommand';
import { parseFetchItems, type FetchItem } from '../parseFetchItems';
import type { NumberedMessage } from '../SelectedMailbox';
import { formatDateTime, textOf } from '../values';
import type { Selected } from './ImapCommandSpec';

/** FETCH and UID FETCH (RFC 3501 section 6.4.5). */
export async function fetchCommand(
  context: Selected,
  { name, args }: ImapCommand,
): Promise<ImapReply> {
  const byUid = name.startsWith('UID ');
  const set = textOf(args[0]);
  const items = withUid(parseFetchItems(args[1]), byUid);
  if (args.length > 2) throw new ImapSyntaxError('No modifiers are known');
  if (!byUid && context.selected.exceeds(set)) {
    throw new ImapSyntaxError('No such message');
  }
  for (const numbered of context.selected.choose(set, byUid)) {
    await fetchOne(context, numbered, items);
  }
  return ok('Fetched');
}

function withUid(items: readonly FetchItem[], byUid: boolean): FetchItem[] {
  const asked = items.some(({ kind }) => kind === 'UID');
  return byUid && !asked ? [{ kind: 'UID' }, ...items] : [...items];
}

async function fetchOne(
  { session, selected }: Selected,
  { number, message: before }: NumberedMessage,
  items: readonly FetchItem[],
): Promise<void> {
  const reads = items.some(item => item.kind === 'section' && !item.peek);
  const becomesSeen =
    reads && !selected.readOnly && !before.flags.has('\\Seen');
  let message = before;
  if (becomesSeen) {
    const flags = new Set([...before.flags, '\\Seen']);
    selected.mailbox.setFlags(new Map([[before.uid, flags]]));
    message = selected.mailbox.find(before.uid) ?? before;
    selected.noteTold(message);
  }
  const parts = items.map(item => formatItem(item, message));
  if (becomesSeen && !items.some(({ kind }) => kind === 'FLAGS')) {
    // The client must learn of the flag that its reading set.
    parts.push([`FLAGS ${formatFlags(message.flags)}`]);
  }
  const pieces = parts.flatMap((part, index) =>
    index === 0 ? part : [' ', ...part],
  );
  for (const piece of [`* ${number} FETCH (`, ...pieces, ')\r\n']) {
    await session.send(
      typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece,
    );
  }
}

/** An item as text and, for a body, bytes. */
function formatItem(
  item: FetchItem,
  message: StoredMessage,
): (string | Buffer)[] {
  const { raw } = message;
  switch (item.kind) {
    case 'UID':
      return [`UID ${message.uid}`];
    case 'FLAGS':
      return [`FLAGS ${formatFlags(message.flags)}`];
    case 'INTERNALDATE':
      return [`INTERNALDATE ${formatDateTime(message.internalDate)}`];
    case 'RFC822.SIZE':
      return [`RFC822.SIZE ${raw.length}`];
    case 'ENVELOPE':
      return [`ENVELOPE ${formatEnvelope(raw)}`];
    case 'BODYSTRUCTURE':
      return [`BODYSTRUCTURE ${formatBodyStructure(raw, true)}`];
    case 'BODY':
      return [`BODY ${formatBodyStructure(raw, false)}`];
    default:
      return formatSection(item, raw);
  }
}

function formatSection(
  item: FetchItem & { kind: 'section' },
  raw: Buffer,
): (string | Buffer)[] {
  const section = bodySection(raw, item.section);
  if (!section) return [`${item.label} NIL`];
  const { start, length } = item.partial ?? {
    start: 0,
    length: section.length,
  };
  const bytes = section.subarray(start, start + length);
  return [`${item.label} {${bytes.length}}\r\n`, bytes];
}

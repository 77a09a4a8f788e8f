// SPDX-License-Identifier: Apache-2.0
import {
  changeFlags,
  formatFlags,
  parseFlags,
  type FlagChange,
} from '../flags';
import { no, ok, type ImapReply } from '../ImapReply';
import type { Mailbox } from '../Mailbox';
import { ImapSyntaxError } from '../ImapSyntaxError';
import type { ImapCommand } from '../parseCommand';
import { parseSearch } from '../parseSearch';
import type { NumberedMessage } from '../SelectedMailbox';
import { formatNumberSet, oneOrMore, textOf } from '../values';
import { fetchCommand } from './fetchCommand';
import type { ImapCommandSpec, Selected } from './ImapCommandSpec';

/** Commands on the messages of the open mailbox, each also with UIDs. */
export const messageCommands: Readonly<Record<string, ImapCommandSpec>> = {
  FETCH: { state: 'selected', keepsNumbers: true, run: fetchCommand },
  'UID FETCH': { state: 'selected', run: fetchCommand },
  STORE: { state: 'selected', keepsNumbers: true, run: store },
  'UID STORE': { state: 'selected', run: store },
  SEARCH: { state: 'selected', keepsNumbers: true, run: search },
  'UID SEARCH': { state: 'selected', run: search },
  COPY: { state: 'selected', run: copy },
  'UID COPY': { state: 'selected', run: copy },
  MOVE: { state: 'selected', run: move },
  'UID MOVE': { state: 'selected', run: move },
  EXPUNGE: { state: 'selected', run: expunge },
  'UID EXPUNGE': { state: 'selected', run: expunge },
  CHECK: { state: 'selected', run: async () => ok('All is on disk') },
};

/** The messages a command names, by UID or by number. */
function chosen({ selected }: Selected, command: ImapCommand) {
  const byUid = command.name.startsWith('UID ');
  const set = textOf(command.args[0]);
  if (!byUid && selected.exceeds(set)) {
    throw new ImapSyntaxError('No such message');
  }
  return selected.choose(set, byUid);
}

const flagChanges: Readonly<Record<string, FlagChange>> = {
  FLAGS: 'set',
  '+FLAGS': 'add',
  '-FLAGS': 'remove',
};

async function store(context: Selected, command: ImapCommand) {
  const { session, selected } = context;
  const [item, silent] = textOf(command.args[1]).toUpperCase().split('.');
  const change = flagChanges[item];
  if (!change || (silent !== undefined && silent !== 'SILENT')) {
    throw new ImapSyntaxError('Unknown STORE item');
  }
  const given = parseFlags(
    command.args.slice(2).flatMap(value => oneOrMore(value).map(textOf)),
  );
  if (selected.readOnly) return readOnly();
  const messages = chosen(context, command);
  selected.mailbox.setFlags(
    new Map(
      messages.map(({ message }) => [
        message.uid,
        changeFlags(message.flags, given, change),
      ]),
    ),
  );
  for (const { number, message: before } of messages) {
    const message = selected.mailbox.find(before.uid) ?? before;
    selected.noteTold(message);
    if (silent) continue;
    await session.sendLine(
      `* ${number} FETCH (UID ${message.uid} FLAGS ${formatFlags(
        message.flags,
      )})`,
    );
  }
  return ok('Stored');
}

/** The charsets of search strings; ASCII is a part of the other. */
const charsets = ['US-ASCII', 'UTF-8'];

async function search({ session, selected }: Selected, command: ImapCommand) {
  let keys = command.args;
  const first = keys[0];
  if (first?.kind === 'atom' && first.text.toUpperCase() === 'CHARSET') {
    if (!charsets.includes(textOf(keys[1]).toUpperCase())) {
      return no('Unknown charset', `BADCHARSET (${charsets.join(' ')})`);
    }
    keys = keys.slice(2);
  }
  const test = parseSearch(keys, selected);
  const byUid = command.name.startsWith('UID ');
  const found = selected
    .all()
    .filter(test)
    .map(({ number, message }) => (byUid ? message.uid : number));
  await session.sendLine(['* SEARCH', ...found].join(' '));
  return ok('Searched');
}

async function copy(context: Selected, command: ImapCommand) {
  const copied = copyMessages(context, command);
  if (copied.kind === 'refused') return copied.reply;
  return ok('Copied', copied.code);
}

async function move(context: Selected, command: ImapCommand) {
  const { session, selected } = context;
  if (selected.readOnly) return readOnly();
  const copied = copyMessages(context, command);
  if (copied.kind === 'refused') return copied.reply;
  // RFC 6851 section 4.3: where they went comes before that they are gone,
  // which the session is told after the command like any other news.
  if (copied.code) await session.sendLine(`* OK [${copied.code}] Moved`);
  selected.mailbox.expunge(uidsOf(copied.messages));
  return ok('Moved');
}

type Copied =
  | { readonly kind: 'refused'; readonly reply: ImapReply }
  | {
      readonly kind: 'copied';
      readonly messages: readonly NumberedMessage[];
      /** COPYUID (RFC 4315); absent if there was nothing to copy. */
      readonly code?: string;
    };

function copyMessages(context: Selected, command: ImapCommand): Copied {
  const target = context.account.find(textOf(command.args[1]));
  const messages = chosen(context, command);
  if (!target) {
    const reply = no('There is no such mailbox', 'TRYCREATE');
    return { kind: 'refused', reply };
  }
  const uids = target.deliver(messages.map(({ message }) => message));
  if (!uids) return { kind: 'refused', reply: no('It is full', 'OVERQUOTA') };
  if (uids.length === 0) return { kind: 'copied', messages };
  return { kind: 'copied', messages, code: copyUid(target, messages, uids) };
}

function copyUid(
  target: Mailbox,
  messages: readonly NumberedMessage[],
  uids: readonly number[],
): string {
  const from = formatNumberSet(messages.map(({ message }) => message.uid));
  return `COPYUID ${target.uidValidity} ${from} ${formatNumberSet(uids)}`;
}

async function expunge(context: Selected, command: ImapCommand) {
  const { selected } = context;
  if (selected.readOnly) return readOnly();
  const candidates =
    command.name === 'EXPUNGE' ? selected.all() : chosen(context, command);
  const deleted = candidates.filter(({ message }) =>
    message.flags.has('\\Deleted'),
  );
  selected.mailbox.expunge(uidsOf(deleted));
  return ok('Expunged');
}

function uidsOf(messages: readonly NumberedMessage[]): Set<number> {
  return new Set(messages.map(({ message }) => message.uid));
}

function readOnly(): ImapReply {
  return no('The mailbox is open for reading', 'READ-ONLY');
}

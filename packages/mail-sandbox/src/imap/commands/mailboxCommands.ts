// SPDX-License-Identifier: Apache-2.0
import type { Faults } from '../../faults/faultsRequest';
import { formatFlags, systemFlags } from '../flags';
import { no, ok } from '../ImapReply';
import type { Mailbox } from '../Mailbox';
import { ImapSyntaxError } from '../ImapSyntaxError';
import type { ImapCommand } from '../parseCommand';
import { SelectedMailbox } from '../SelectedMailbox';
import { formatMailboxName, itemsOf, textOf } from '../values';
import type { Authenticated, ImapCommandSpec } from './ImapCommandSpec';

/** Hierarchy is allowed in names but means nothing else here. */
const SEPARATOR = '/';

const MAX_WILDCARDS = 10;

/** Of a UIDVALIDITY, which is never 0 (RFC 3501 section 9). */
const MAX_NUMBER = 2 ** 32 - 1;

/** Names that can be created: visible ASCII that is no wildcard. */
const NEW_NAME = /^[ !#$&-)+-[\]-~]{1,80}$/;

/** Commands that find, open and make mailboxes. */
export const mailboxCommands: Readonly<Record<string, ImapCommandSpec>> = {
  ENABLE: {
    state: 'authenticated',
    async run({ session }) {
      // Nothing of ours needs to be enabled, which RFC 5161 lets us say so.
      await session.sendLine('* ENABLED');
      return ok('Nothing to enable');
    },
  },

  NAMESPACE: {
    state: 'authenticated',
    async run({ session }) {
      await session.sendLine(`* NAMESPACE (("" "${SEPARATOR}")) NIL NIL`);
      return ok('Namespaces listed');
    },
  },

  LIST: { state: 'authenticated', run: list },
  // Every mailbox is subscribed.
  LSUB: { state: 'authenticated', run: list },

  SUBSCRIBE: { state: 'authenticated', run: acknowledge },
  UNSUBSCRIBE: { state: 'authenticated', run: acknowledge },

  CREATE: {
    state: 'authenticated',
    async run({ account }, { args }) {
      const name = textOf(args[0]).replace(/\/$/, '');
      if (!NEW_NAME.test(name)) return no('Not a usable name', 'CANNOT');
      // Names that differ in case only would share a folder on some disks.
      const taken = account.mailboxes.some(
        known => known.name.toLowerCase() === name.toLowerCase(),
      );
      if (taken) return no('It is there already', 'ALREADYEXISTS');
      return account.create(name) ? ok('Created') : no('Too many', 'LIMIT');
    },
  },

  STATUS: {
    state: 'authenticated',
    async run({ account, session }, { args }) {
      const mailbox = account.find(textOf(args[0]));
      if (!mailbox) return noSuchMailbox();
      const items = itemsOf(args[1]).map(item =>
        statusItem(mailbox, textOf(item)),
      );
      const name = formatMailboxName(mailbox.name);
      await session.sendLine(`* STATUS ${name} (${items.join(' ')})`);
      return ok('Status told');
    },
  },

  SELECT: {
    state: 'authenticated',
    run: (context, command) => select(context, command, false),
  },

  EXAMINE: {
    state: 'authenticated',
    run: (context, command) => select(context, command, true),
  },

  CLOSE: {
    state: 'selected',
    async run({ session, selected }) {
      if (!selected.readOnly) {
        const deleted = selected
          .all()
          .filter(({ message }) => message.flags.has('\\Deleted'));
        selected.mailbox.expunge(
          new Set(deleted.map(({ message }) => message.uid)),
        );
      }
      session.selected = undefined;
      return ok('Closed');
    },
  },

  UNSELECT: {
    state: 'selected',
    async run({ session }) {
      session.selected = undefined;
      return ok('Closed');
    },
  },
};

async function acknowledge({ account }: Authenticated, { args }: ImapCommand) {
  return account.find(textOf(args[0])) ? ok('Done') : noSuchMailbox();
}

async function list({ session, account }: Authenticated, command: ImapCommand) {
  const { name, args } = command;
  const [reference, pattern] = [textOf(args[0]), textOf(args[1])];
  if (pattern === '') {
    // RFC 3501 section 6.3.8: a question for the separator.
    await session.sendLine(`* ${name} (\\Noselect) "${SEPARATOR}" ""`);
    return ok('Separator told');
  }
  const matches = mailboxPattern(reference + pattern);
  for (const mailbox of account.mailboxes.filter(m => matches(m.name))) {
    await session.sendLine(
      `* ${name} (\\HasNoChildren) "${SEPARATOR}" ${formatMailboxName(
        mailbox.name,
      )}`,
    );
  }
  return ok('Mailboxes listed');
}

/** `*` is anything, `%` is anything up to the separator. */
function mailboxPattern(pattern: string): (name: string) => boolean {
  const parts = pattern.match(/[*%]|[^*%]+/g) ?? [];
  if (parts.length > 2 * MAX_WILDCARDS) {
    throw new ImapSyntaxError('Too many wildcards');
  }
  const source = parts.map(part => {
    if (part === '*') return '.*';
    if (part === '%') return '[^/]*';
    return part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
  });
  const exact = new RegExp(`^${source.join('')}$`);
  const anyCase = new RegExp(exact.source, 'i');
  return name => (name === 'INBOX' ? anyCase : exact).test(name);
}

function statusItem(mailbox: Mailbox, item: string): string {
  const unseen = () =>
    mailbox.messages.filter(({ flags }) => !flags.has('\\Seen')).length;
  const upper = item.toUpperCase();
  switch (upper) {
    case 'MESSAGES':
      return `${upper} ${mailbox.messages.length}`;
    case 'RECENT':
      return `${upper} 0`;
    case 'UIDNEXT':
      return `${upper} ${mailbox.uidNext}`;
    case 'UIDVALIDITY':
      return `${upper} ${mailbox.uidValidity}`;
    case 'UNSEEN':
      return `${upper} ${unseen()}`;
    default:
      throw new ImapSyntaxError('Unknown status item');
  }
}

async function select(
  { session, account }: Authenticated,
  { args }: ImapCommand,
  readOnly: boolean,
) {
  if (args.length > 1) throw new ImapSyntaxError('No parameters are known');
  // A failed SELECT leaves nothing selected (RFC 3501 section 6.3.1).
  session.selected = undefined;
  const mailbox = account.find(textOf(args[0]));
  if (!mailbox) return noSuchMailbox();
  const selected = new SelectedMailbox(mailbox, readOnly);
  const faults = session.services.faults.current;
  for (const line of openingLines(mailbox, readOnly, faults)) {
    await session.sendLine(line);
  }
  session.selected = selected;
  return readOnly
    ? ok('Opened for reading', 'READ-ONLY')
    : ok('Opened', 'READ-WRITE');
}

/** What a session is told, which is worth nothing where a fault has it so. */
function toldUidValidity(
  { uidValidity }: Mailbox,
  { imapUidValidity }: Faults,
): number | undefined {
  switch (imapUidValidity) {
    case 'absent':
      return undefined;
    case 'changing':
      return (Date.now() % MAX_NUMBER) + 1;
    default:
      return uidValidity;
  }
}

function openingLines(
  mailbox: Mailbox,
  readOnly: boolean,
  faults: Faults,
): string[] {
  const { messages } = mailbox;
  const uidValidity = toldUidValidity(mailbox, faults);
  const known = new Set<string>(systemFlags);
  for (const { flags } of messages) for (const flag of flags) known.add(flag);
  const firstUnseen = messages.findIndex(({ flags }) => !flags.has('\\Seen'));
  const permanent = readOnly ? [] : [...known, '\\*'];
  return [
    `* FLAGS ${formatFlags(known)}`,
    `* ${messages.length} EXISTS`,
    '* 0 RECENT',
    ...(firstUnseen === -1
      ? []
      : [`* OK [UNSEEN ${firstUnseen + 1}] First unseen`]),
    `* OK [PERMANENTFLAGS ${formatFlags(permanent)}] Flags that last`,
    ...(uidValidity === undefined
      ? []
      : [`* OK [UIDVALIDITY ${uidValidity}] UIDs are valid`]),
    `* OK [UIDNEXT ${mailbox.uidNext}] Next UID`,
  ];
}

function noSuchMailbox() {
  return no('There is no such mailbox', 'NONEXISTENT');
}

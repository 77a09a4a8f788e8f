// SPDX-License-Identifier: Apache-2.0
import type { ListedMessage, Maildrop } from '../Maildrop';
import { topOf } from '../multiLine';
import { listing, ok, refused, type Pop3Reply } from '../Pop3Reply';
import type { Pop3Commands } from './Pop3CommandSpec';

/** Few enough digits to be a safe integer. */
const NUMBER = /^\d{1,9}$/;

/** Commands after the login. */
export const maildropCommands: Pop3Commands = {
  STAT: {
    state: 'transaction',
    async run({ maildrop: { messages } }) {
      const bytes = messages.reduce((sum, { size }) => sum + size, 0);
      return ok(`${messages.length} ${bytes}`);
    },
  },

  LIST: {
    state: 'transaction',
    run: async ({ maildrop }, argument) =>
      list(maildrop, argument, ({ number, size }) => `${number} ${size}`),
  },

  UIDL: {
    state: 'transaction',
    async run({ session, maildrop }, argument) {
      return session.services.faults.current.pop3Uidl === 'absent'
        ? refused('Unknown command')
        : list(
            maildrop,
            argument,
            ({ number, uniqueId }) => `${number} ${uniqueId}`,
          );
    },
  },

  RETR: {
    state: 'transaction',
    async run({ session, maildrop }, argument) {
      const message = find(maildrop, argument);
      if (!message) return refused('No such message');
      const { services } = session;
      services.stats.countRetrieved();
      maildrop.markRetrieved(message);
      if (services.faults.current.pop3DeleteOnRetr) maildrop.removeNow(message);
      return {
        status: '+OK',
        text: `${message.size} octets`,
        body: message.bytes,
        isMessage: true,
      };
    },
  },

  TOP: {
    state: 'transaction',
    async run({ maildrop }, argument) {
      const [number, lines = ''] = argument.split(' ');
      if (!NUMBER.test(lines)) return refused('How many lines?');
      const message = find(maildrop, number);
      return message
        ? {
            status: '+OK',
            text: 'Top of message follows',
            body: topOf(message.bytes, Number(lines)),
          }
        : refused('No such message');
    },
  },

  DELE: {
    state: 'transaction',
    async run({ maildrop }, argument) {
      const message = find(maildrop, argument);
      if (!message) return refused('No such message');
      maildrop.markDeleted(message);
      return ok('Marked to be deleted');
    },
  },

  RSET: {
    state: 'transaction',
    async run({ maildrop }) {
      maildrop.reset();
      return ok('No message is marked any more');
    },
  },

  NOOP: {
    state: 'transaction',
    run: async () => ok('Nothing done'),
  },
};

function find(maildrop: Maildrop, argument: string): ListedMessage | undefined {
  return NUMBER.test(argument) ? maildrop.find(Number(argument)) : undefined;
}

/** One line for one message, or a multi-line reply for all. */
function list(
  maildrop: Maildrop,
  argument: string,
  describe: (message: ListedMessage) => string,
): Pop3Reply {
  if (argument === '') {
    const { messages } = maildrop;
    return listing(`${messages.length} messages`, messages.map(describe));
  }
  const message = find(maildrop, argument);
  return message ? ok(describe(message)) : refused('No such message');
}

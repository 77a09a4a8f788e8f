// SPDX-License-Identifier: Apache-2.0
import { ok } from '../ImapReply';
import { capabilityList } from './capabilities';
import type { ImapCommandSpec } from './ImapCommandSpec';

/** Commands of every state. */
export const generalCommands: Readonly<Record<string, ImapCommandSpec>> = {
  CAPABILITY: {
    state: 'any',
    async run(session) {
      await session.sendLine(`* ${capabilityList(session)}`);
      return ok('Capabilities listed');
    },
  },

  ID: {
    state: 'any',
    async run(session) {
      await session.sendLine('* ID ("name" "mail-sandbox")');
      return ok('Pleased to meet you');
    },
  },

  NOOP: {
    state: 'any',
    // News of the mailbox is sent after every command.
    run: async () => ok('Nothing done'),
  },

  LOGOUT: {
    state: 'any',
    async run(session) {
      await session.sendLine('* BYE Until next time');
      session.end();
      return ok('Logged out');
    },
  },
};

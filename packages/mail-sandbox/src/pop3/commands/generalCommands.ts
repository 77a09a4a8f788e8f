// SPDX-License-Identifier: Apache-2.0
import { listing, ok } from '../Pop3Reply';
import type { Pop3Commands } from './Pop3CommandSpec';

/** Commands of every state. */
export const generalCommands: Pop3Commands = {
  CAPA: {
    state: 'any',
    async run({ services }) {
      const { mechanisms, faults } = services;
      return listing('Capabilities', [
        'TOP',
        'USER',
        ...(faults.current.pop3Uidl === 'absent' ? [] : ['UIDL']),
        `SASL ${mechanisms.join(' ')}`,
        'RESP-CODES',
        'AUTH-RESP-CODE',
        'PIPELINING',
        'EXPIRE NEVER',
        'IMPLEMENTATION mail-sandbox',
      ]);
    },
  },

  QUIT: {
    state: 'any',
    async run(session) {
      const lost = session.services.faults.current.pop3QuitLost;
      if (session.maildrop && lost !== 'before-deleting') session.update();
      if (session.maildrop && lost) session.hangUp();
      session.end();
      return ok('Until next time');
    },
  },
};

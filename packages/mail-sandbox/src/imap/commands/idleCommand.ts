// SPDX-License-Identifier: Apache-2.0
import { bad, ok } from '../ImapReply';
import type { ImapCommandSpec } from './ImapCommandSpec';

/**
 * IDLE (RFC 2177): what happens in the mailbox is sent at once, until the
 * client says DONE.
 */
export const idleCommand: ImapCommandSpec = {
  state: 'authenticated',
  async run({ session }) {
    const { selected } = session;
    const endIdle = session.beginIdle();
    const sendNews = () => {
      for (const line of selected?.sync(true) ?? [])
        void session.sendLine(line);
    };
    const unsubscribe = selected?.mailbox.subscribe(sendNews);
    try {
      await session.sendLine('+ idling');
      // What happened between the last command and this one.
      sendNews();
      const line = await session.readLine();
      return line?.toUpperCase() === 'DONE' ? ok('Done') : bad('DONE expected');
    } finally {
      unsubscribe?.();
      endIdle();
    }
  },
};

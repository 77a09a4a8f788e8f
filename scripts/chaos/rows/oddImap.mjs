// SPDX-License-Identifier: Apache-2.0
import { pause } from '../waiting.mjs';

// IMAP servers whose numbers of mails mean nothing.

const ODD = 'odd-imap';
const VISIT_DEADLINE_MS = 15_000;

/** Has each visit open the folder anew. */
function hangUp(world) {
  world.replicas.forEach(({ wires }) => wires.proxy(ODD).cutAll());
}

/** What is there at the first visit is taken for old. */
async function visitOnce(channel) {
  const visited = await channel.until(
    ({ lastSuccessAt }) => lastSuccessAt !== undefined,
    VISIT_DEADLINE_MS,
  );
  if (!visited) {
    throw new Error('Nobody visits the mailbox');
  }
}

/** R15 */
export const oddImapRows = [
  ['R15.1', 'absent', 'without a UIDVALIDITY'],
  ['R15.2', 'changing', 'with another UIDVALIDITY in each session'],
].map(([id, imapUidValidity, what]) => ({
  id,
  title: `an IMAP server ${what}`,
  async run(world, { night }) {
    const channel = await world.channel(`validity-${imapUidValidity}`, {
      server: ODD,
      // It has never been another way.
      before: () => world.misbehave({ imapUidValidity }),
    });
    await visitOnce(channel);
    for (let n = 0; n < (night ? 20 : 3); n += 1) {
      hangUp(world);
      await channel.deliverMany(id, night ? 25 : 3);
      await world.drain([channel]);
      hangUp(world);
      await world.poke([channel]);
      await pause(200);
    }
    await world.misbehave({ imapUidValidity: null });
    hangUp(world);
    await world.poke([channel]);
    await pause(300);
    return [channel];
  },
}));

// SPDX-License-Identifier: Apache-2.0
import { GuardedFetch } from '../egress';
import { IntegrationStore } from '../oauth/integrations/IntegrationStore';
import { TokenEndpoint } from '../oauth/tokenEndpoint';
import { GrantStore } from '../oauth/vault/GrantStore';
import { TokenVault } from '../oauth/vault/TokenVault';
import { Keyring } from '../secrets';
import {
  createKnex,
  RenewOrder,
  RenewReport,
  ReplicaAnswer,
} from './renewingReplica';

// What a replica does, as far as tokens are concerned, in a process of its own:
// for each order, many callers ask for the token of a mailbox at once.

/**
 * The worst moment to die: the provider has answered, and may have rotated the
 * refresh token, but nothing is stored yet.
 */
const dieAfterTheAnswer: GuardedFetch = async (url, init) => {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => {});
};

async function carryOut(order: RenewOrder): Promise<RenewReport> {
  const db = createKnex(order.connection);
  const keyring = new Keyring(order.vaultKeys, 'test');
  const vault = new TokenVault({
    grants: new GrantStore({ db, keyring }),
    integrations: new IntegrationStore({ db, keyring }),
    tokenEndpoint: new TokenEndpoint({
      fetch: order.dieAfterTheAnswer ? dieAfterTheAnswer : fetch,
      allowHttpLoopback: true,
    }),
  });
  try {
    const results = await Promise.allSettled(
      Array.from({ length: order.callers }, () =>
        vault.accessToken(order.mailboxId),
      ),
    );
    return results.map(result =>
      result.status === 'fulfilled'
        ? { token: result.value.reveal() }
        : { failure: String(result.reason?.code ?? result.reason) },
    );
  } finally {
    await db.destroy();
  }
}

process.on('message', async (order: RenewOrder) => {
  const answer: ReplicaAnswer = { answer: await carryOut(order) };
  process.send!(answer);
});
const ready: ReplicaAnswer = { answer: [] };
process.send!(ready);

// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Tx } from '../../database';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { IntegrationRecord } from '../integrations/types';
import { withPreferredSecret } from '../integrations/withClientSecrets';
import { GrantStore, TakenGrant } from './GrantStore';
import { RevocationStore } from './RevocationStore';

/** What forgetting a grant needs. */
export interface ForgetGrantDeps {
  readonly grants: GrantStore;
  readonly integrations: IntegrationStore;
  readonly revocations: RevocationStore;
}

/**
 * Drops what a consent gave for a mailbox, and has the provider told to revoke
 * it if that was the last grant for the account: at some providers revoking
 * one token ends all that the client has for the account, so while another
 * mailbox reads it, nothing is revoked.
 */
export async function forgetGrant(
  tx: Tx,
  mailboxId: string,
  deps: ForgetGrantDeps,
): Promise<void> {
  const { grants, integrations } = deps;
  const integrationId = await grants.findIntegrationId(tx, mailboxId);
  if (integrationId === undefined) {
    return;
  }
  // Of two grants that go at the same moment, the second one's transaction
  // waits here, and then knows that it is the last. A consent that stores a
  // new one waits as well.
  await integrations.holdVersion(tx, integrationId);
  const grant = await grants.take(tx, mailboxId);
  const integration = await integrations.find(integrationId, tx);
  if (grant && integration) {
    await enqueueRevocation(tx, { grant, integration }, deps);
  }
}

async function enqueueRevocation(
  tx: Tx,
  of: { grant: TakenGrant; integration: IntegrationRecord },
  { grants, revocations }: ForgetGrantDeps,
): Promise<void> {
  const { account, openRefreshToken } = of.grant;
  const { clientId, clientAuthentication, revocationEndpoint } =
    of.integration.settings;
  if (!clientId || !revocationEndpoint) {
    return;
  }
  const client = { account, clientId, revocationEndpoint };
  if (await grants.accounts.isHeld(client, tx)) {
    return;
  }
  try {
    const token = await openRefreshToken();
    const clientSecret = await withPreferredSecret(
      of.integration,
    ).openClientSecret();
    const clientKey = await of.integration.openClientKey();
    if (token) {
      await revocations.enqueue(tx, {
        ...client,
        clientAuthentication,
        clientSecret,
        clientKey,
        token,
      });
    }
  } catch (error) {
    // What the vault cannot open cannot be sent; a channel can still be
    // removed while a key is missing.
    if (!MailFailure.is(error)) {
      throw error;
    }
  }
}

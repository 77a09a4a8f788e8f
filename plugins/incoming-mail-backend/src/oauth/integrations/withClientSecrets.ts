// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { aadstsNumber } from '../providerErrors';
import { IntegrationStore } from './IntegrationStore';
import { IntegrationRecord } from './types';

// Changing a client secret while everything runs
//
// For as long as an integration has a next secret beside the present one, a
// request is sent with the next one, and once more with the other if the
// provider refuses the secret, and only then: every other refusal would be the
// same with any secret. What came of it stands in the row, so that all
// replicas go on with the one that works, and administrators see which that is
// before they remove the other.

/**
 * The integration with the secret that is tried first in the place of its
 * client secret; the integration itself where it has one only.
 */
export function withPreferredSecret(
  integration: IntegrationRecord,
): IntegrationRecord {
  const next = integration.nextClientSecret;
  return next && !next.refusedLately
    ? withNextSecret(integration)
    : integration;
}

/** The integration with its next secret in the place of its client secret. */
export function withNextSecret(
  integration: IntegrationRecord,
): IntegrationRecord {
  const { nextClientSecret } = integration;
  return nextClientSecret
    ? { ...integration, openClientSecret: () => nextClientSecret.open() }
    : integration;
}

/**
 * Runs a request as the client, with one secret and, where the provider
 * refuses that one, the other. At most two requests.
 *
 * @param request - is given the integration with the secret to send
 * @throws what the last request threw
 */
export async function withClientSecrets<T>(
  integration: IntegrationRecord,
  integrations: Pick<IntegrationStore, 'noteNextSecret'>,
  request: (as: IntegrationRecord) => Promise<T>,
): Promise<T> {
  const { nextClientSecret: next, settings } = integration;
  if (!next || !settings.clientAuthentication.startsWith('client_secret_')) {
    return request(integration);
  }
  const asNext = withNextSecret(integration);
  const [first, second] = next.refusedLately
    ? [integration, asNext]
    : [asNext, integration];
  const noteSuccess = async (of: IntegrationRecord, isSecond: boolean) => {
    if (of === asNext && next.state !== 'in-use') {
      await integrations.noteNextSecret(integration, 'accepted');
    } else if (of === integration && isSecond) {
      await integrations.noteNextSecret(integration, 'refused');
    }
  };
  try {
    return await andThen(request(first), () => noteSuccess(first, false));
  } catch (error) {
    if (!isSecretRefused(error)) {
      throw error;
    }
    return andThen(request(second), () => noteSuccess(second, true));
  }
}

/**
 * The result of a request, whatever becomes of the note about it: with a token
 * in hand, a database that is away must not lose it. What was not noted is
 * found out again by the next request.
 */
async function andThen<T>(
  request: Promise<T>,
  note: () => Promise<void>,
): Promise<T> {
  const result = await request;
  await note().catch(() => undefined);
  return result;
}

// Of what makes a client refused, these are the secret's fault: that it is
// wrong, that it has run out. A tenant or client that does not exist is none.
const SECRET_NUMBERS = ['7000215', '7000222'];

/** Whether another secret may help. */
export function isSecretRefused(error: unknown): boolean {
  if (!MailFailure.is(error) || error.code !== 'client-refused') {
    return false;
  }
  const { detail = '' } = error;
  const number = aadstsNumber(detail);
  return number === undefined
    ? /^invalid_client\b/.test(detail)
    : SECRET_NUMBERS.includes(number);
}

// SPDX-License-Identifier: Apache-2.0
import { CreateIntegration } from '@postroom/plugin-incoming-mail-common';
import { Secret } from '../../secrets';
import { IntegrationRecord } from '../integrations/types';
import { clientKeyOf } from '../clientKey';
import { anIntegration } from './fixtures';

/** An integration as the store would give it, without a store. */
export function anIntegrationRecord(
  changes: Partial<CreateIntegration> = {},
): IntegrationRecord {
  const { callbackSlug, clientSecret, clientKey, ...settings } = {
    ...anIntegration(),
    ...changes,
  };
  return {
    id: '3f0c4b53-1d51-4a68-9f2e-0a4f3b6f2a11',
    version: 1,
    callbackSlug,
    settings,
    hasClientSecret: clientSecret !== undefined,
    hasClientKey: clientKey !== undefined,
    createdBy: 'user:default/admin',
    createdAt: new Date(0),
    updatedAt: new Date(0),
    openClientSecret: async () =>
      clientSecret === undefined ? undefined : new Secret(clientSecret),
    openClientKey: async () =>
      clientKey &&
      clientKeyOf(settings, {
        privateKey: new Secret(clientKey.privateKey),
        certificate: clientKey.certificate,
      }),
  };
}

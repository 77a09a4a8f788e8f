// SPDX-License-Identifier: Apache-2.0
import { oauthProviderContract } from '@postroom/plugin-incoming-mail-node/testUtils';
import { createLoginProvider } from './createLoginProvider';

oauthProviderContract({
  createProvider: createLoginProvider,
  errors: [
    {
      status: 401,
      error: 'unauthorized_client',
      description: 'Invalid client or Invalid client credentials',
      concerns: 'client',
    },
  ],
});

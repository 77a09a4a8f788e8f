// SPDX-License-Identifier: Apache-2.0
import {
  endpoints,
  integrationReadPermission,
  VaultStatus,
} from '@postroom/plugin-incoming-mail-common';
import { Authorizer, MountEndpoint } from '../../http';

/** Mounts what administrators see of the vault. */
export function mountVaultRoutes(options: {
  mount: MountEndpoint;
  authorizer: Authorizer;
  readStatus(): Promise<VaultStatus>;
}): void {
  const { mount, authorizer, readStatus } = options;

  mount(endpoints.getVaultStatus, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationReadPermission),
    audit: { none: 'counts records, by the names of keys' },
    handle: () => readStatus(),
  });
}

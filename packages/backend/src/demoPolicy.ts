// SPDX-License-Identifier: Apache-2.0
import { createBackendModule } from '@backstage/backend-plugin-api';
import {
  catalogConditions,
  createCatalogConditionalDecision,
} from '@backstage/plugin-catalog-backend/alpha';
import {
  AuthorizeResult,
  isResourcePermission,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import type {
  PermissionPolicy,
  PolicyQuery,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';

const ADMINISTRATORS = 'group:default/platform-admins';
const GUEST = 'user:default/guest';

const ALLOW: PolicyDecision = { result: AuthorizeResult.ALLOW };
const DENY: PolicyDecision = { result: AuthorizeResult.DENY };

/**
 * Who may do what in the demo, and an example of a host's policy:
 *
 * - administrators: everything;
 * - a project's mail (every `incoming-mail.*` permission on a catalog entity):
 *   the owners of that entity, decided by the catalog's own condition;
 * - the rest of incoming mail, integrations above all: administrators only;
 * - everything else: everybody who is signed in, the guest only to look.
 */
export class DemoPolicy implements PermissionPolicy {
  async handle(
    { permission }: PolicyQuery,
    user?: PolicyQueryUser,
  ): Promise<PolicyDecision> {
    if (!user) {
      return DENY;
    }
    const { userEntityRef, ownershipEntityRefs } = user.info;
    if (ownershipEntityRefs.includes(ADMINISTRATORS)) {
      return ALLOW;
    }
    if (permission.name.startsWith('incoming-mail.')) {
      return isResourcePermission(permission, 'catalog-entity')
        ? createCatalogConditionalDecision(
            permission,
            catalogConditions.isEntityOwner({ claims: ownershipEntityRefs }),
          )
        : DENY;
    }
    if (userEntityRef === GUEST && permission.attributes.action !== 'read') {
      return DENY;
    }
    return ALLOW;
  }
}

/** Makes {@link DemoPolicy} the policy of the permission plugin. */
export default createBackendModule({
  pluginId: 'permission',
  moduleId: 'demo-policy',
  register(reg) {
    reg.registerInit({
      deps: { policy: policyExtensionPoint },
      async init({ policy }) {
        policy.setPolicy(new DemoPolicy());
      },
    });
  },
});

// SPDX-License-Identifier: Apache-2.0
import type { Entity } from '@backstage/catalog-model';
import { mockCredentials } from '@backstage/backend-test-utils';
import { permissionRules } from '@backstage/plugin-catalog-backend/alpha';
import {
  catalogEntityDeletePermission,
  catalogEntityReadPermission,
} from '@backstage/plugin-catalog-common/alpha';
import {
  AuthorizeResult,
  isResourcePermission,
  type Permission,
} from '@backstage/plugin-permission-common';
import {
  createConditionAuthorizer,
  type PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import { incomingMailPermissions } from '@postroom/plugin-incoming-mail-common';
import { DemoPolicy } from './demoPolicy';

const PAYMENTS: Entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments' },
  relations: [{ type: 'ownedBy', targetRef: 'group:default/payments-team' }],
};

function person(name: string, ...groups: string[]): PolicyQueryUser {
  const userEntityRef = `user:default/${name}`;
  const ownershipEntityRefs = [
    userEntityRef,
    ...groups.map(group => `group:default/${group}`),
  ];
  return {
    credentials: mockCredentials.user(userEntityRef),
    info: { userEntityRef, ownershipEntityRefs },
  };
}

const ADA = person('ada', 'platform-admins');
const OLGA = person('olga', 'payments-team', 'support-team');
const LARS = person('lars', 'logistics-team');
const GUEST = person('guest');

const isAllowed = createConditionAuthorizer(Object.values(permissionRules));

/** Asks the policy, and the catalog's own rules where it leaves it to them. */
async function may(
  user: PolicyQueryUser | undefined,
  permission: Permission,
): Promise<boolean> {
  const decision = await new DemoPolicy().handle({ permission }, user);
  if (decision.result === AuthorizeResult.CONDITIONAL) {
    return isAllowed(decision, PAYMENTS);
  }
  return decision.result === AuthorizeResult.ALLOW;
}

describe('DemoPolicy', () => {
  const isOfProject = (permission: Permission) =>
    isResourcePermission(permission, 'catalog-entity');
  const ofProjects = incomingMailPermissions.filter(isOfProject);
  const ofAdministrators = incomingMailPermissions.filter(
    permission => !isOfProject(permission),
  );

  it('finds permissions of both kinds to decide on', () => {
    expect(ofProjects.length).toBeGreaterThan(0);
    expect(ofAdministrators.length).toBeGreaterThan(0);
  });

  it.each(ofProjects)(
    "gives $name to a project's owners and administrators only",
    async permission => {
      expect(await may(ADA, permission)).toBe(true);
      expect(await may(OLGA, permission)).toBe(true);
      expect(await may(LARS, permission)).toBe(false);
      expect(await may(GUEST, permission)).toBe(false);
    },
  );

  it.each(ofAdministrators)(
    'gives $name to administrators only',
    async permission => {
      expect(await may(ADA, permission)).toBe(true);
      expect(await may(OLGA, permission)).toBe(false);
      expect(await may(GUEST, permission)).toBe(false);
    },
  );

  it('lets everybody read the catalog, and the guest nothing more', async () => {
    expect(await may(GUEST, catalogEntityReadPermission)).toBe(true);
    expect(await may(LARS, catalogEntityReadPermission)).toBe(true);
    expect(await may(GUEST, catalogEntityDeletePermission)).toBe(false);
    expect(await may(LARS, catalogEntityDeletePermission)).toBe(true);
  });

  it('refuses whoever is not signed in', async () => {
    expect(await may(undefined, catalogEntityReadPermission)).toBe(false);
  });
});

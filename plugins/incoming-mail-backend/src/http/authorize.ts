// SPDX-License-Identifier: Apache-2.0
import {
  BackstageCredentials,
  BackstageUserPrincipal,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  AuthorizeResult,
  BasicPermission,
  ResourcePermission,
} from '@backstage/plugin-permission-common';
import { projectRefOf } from './projectRefOf';

/** Credentials of a signed-in person. */
export type UserCredentials = BackstageCredentials<BackstageUserPrincipal>;

/** Answers whether somebody may do something, by throwing where not. */
export interface Authorizer {
  /** @throws NotAllowedError */
  global(
    credentials: BackstageCredentials,
    permission: BasicPermission,
  ): Promise<void>;
  /**
   * @throws NotFoundError where the project does not exist or is not visible
   *   to the caller, which must not be told apart
   * @throws NotAllowedError
   */
  project(
    credentials: BackstageCredentials,
    permission: ResourcePermission<'catalog-entity'>,
    projectRef: string,
  ): Promise<void>;
}

/** Asks the platform's permission framework, and the catalog for projects. */
export function createAuthorizer(services: {
  catalog: CatalogService;
  permissions: PermissionsService;
}): Authorizer {
  const { catalog, permissions } = services;
  return {
    async global(credentials, permission) {
      const [decision] = await permissions.authorize([{ permission }], {
        credentials,
      });
      refuseUnlessAllowed(decision.result, permission.name);
    },
    async project(credentials, permission, projectRef) {
      const entity = await catalog.getEntityByRef(projectRef, { credentials });
      if (!entity) {
        throw new NotFoundError(`There is no project ${projectRef}`);
      }
      const [decision] = await permissions.authorize(
        [{ permission, resourceRef: projectRef }],
        { credentials },
      );
      refuseUnlessAllowed(decision.result, permission.name);
    },
  };
}

// Anything but a clear yes is a no.
function refuseUnlessAllowed(result: AuthorizeResult, permission: string) {
  if (result !== AuthorizeResult.ALLOW) {
    throw new NotAllowedError(`You do not have the permission ${permission}`);
  }
}

/**
 * The usual `authorize` of an endpoint below a project: whoever has this
 * permission on the project of the path.
 */
export function whoMay(
  authorizer: Authorizer,
  permission: ResourcePermission<'catalog-entity'>,
) {
  return (context: {
    credentials: BackstageCredentials;
    input: { params: { kind: string; namespace: string; name: string } };
  }) =>
    authorizer.project(
      context.credentials,
      permission,
      projectRefOf(context.input.params),
    );
}

// SPDX-License-Identifier: Apache-2.0
import type { Entity } from '@backstage/catalog-model';

/** The kinds of entity that can be a project with a channel. */
export const projectKinds = [
  'component',
  'system',
  'domain',
  'api',
  'resource',
];

/**
 * Whether an entity can have a channel and requests; for `if` of
 * `EntityLayout.Route` in the legacy front-end system.
 *
 * @public
 */
export function isIncomingMailAvailable(entity: Entity): boolean {
  return projectKinds.includes(entity.kind.toLocaleLowerCase('en-US'));
}

// SPDX-License-Identifier: Apache-2.0
import { stringifyEntityRef } from '@backstage/catalog-model';

/**
 * The entity ref of a project from the parts of a path, lower-cased: entity
 * refs are compared without regard to case, and are stored in one form.
 */
export function projectRefOf(params: {
  kind: string;
  namespace: string;
  name: string;
}): string {
  return stringifyEntityRef(params).toLocaleLowerCase('en-US');
}

// SPDX-License-Identifier: Apache-2.0
import { useMemo } from 'react';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { useEntity } from '@backstage/plugin-catalog-react';

/** The parts of a project's entity ref, lower-cased as the backend has them. */
export interface Project {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The entity of the page that this is shown on, with its ref. */
export function useProject(): { project: Project; projectRef: string } {
  const { entity } = useEntity();
  const projectRef = stringifyEntityRef(entity);
  return useMemo(
    () => ({ project: { ...parseEntityRef(projectRef) }, projectRef }),
    [projectRef],
  );
}

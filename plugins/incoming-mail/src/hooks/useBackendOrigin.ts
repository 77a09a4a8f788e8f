// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { useLoaded } from './useLoaded';

/** Where this browser reaches the backend; `undefined` until that is known. */
export function useBackendOrigin(): string | undefined {
  const api = useApi(incomingMailApiRef);
  const origin = useLoaded(() => api.getBackendOrigin(), 'backend-origin');
  return origin.status === 'ready' ? origin.value : undefined;
}

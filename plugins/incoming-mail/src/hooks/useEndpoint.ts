// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import type { EndpointName } from '@postroom/plugin-incoming-mail-common';
import {
  CallInput,
  CallReply,
  incomingMailApiRef,
} from '../api/incomingMailApiRef';
import { Loaded, useLoaded } from './useLoaded';

/** Reads one endpoint; see {@link useLoaded} for when. */
export function useEndpoint<N extends EndpointName>(
  name: N,
  input: CallInput<N>,
  options?: { refreshMs?: number },
): Loaded<CallReply<N>> {
  const api = useApi(incomingMailApiRef);
  return useLoaded(
    signal => api.call(name, input, { signal }),
    JSON.stringify([name, input]),
    options,
  );
}

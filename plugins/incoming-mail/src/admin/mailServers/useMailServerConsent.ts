// SPDX-License-Identifier: Apache-2.0
import { useMemo } from 'react';
import { useApi } from '@backstage/core-plugin-api';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import type { Connect } from '../../hooks/runConnection';
import type { StartConsent } from '../../hooks/runConsent';

/** How access to the mailbox of a saved mail server is come by. */
export interface MailServerConsent {
  /** Starts the renewal of its authorization, in place. */
  readonly start: StartConsent;
  /** Connects what the application reads in its own name. */
  readonly connect: Connect;
}

/** See {@link MailServerConsent}. */
export function useMailServerConsent(mailServerId: string): MailServerConsent {
  const api = useApi(incomingMailApiRef);
  return useMemo(() => {
    const params = { mailServerId };
    return {
      start: (body, options) =>
        api.call('startMailServerConsent', { params, body }, options),
      connect: options => api.call('connectMailServer', { params }, options),
    };
  }, [api, mailServerId]);
}

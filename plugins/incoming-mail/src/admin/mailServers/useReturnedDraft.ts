// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { useApi } from '@backstage/core-plugin-api';
import type { MailServerDraft } from '@postroom/plugin-incoming-mail-common';
import { kindOfError } from '../../api/errorKind';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { Loaded, useLoaded } from '../../hooks/useLoaded';
import { useDraftId } from './draftInAddress';

/**
 * The draft that the address named when the editor opened: this tab went to
 * the provider and came back, or was reloaded. `undefined` where there is none
 * any more.
 */
export function useReturnedDraft(): Loaded<MailServerDraft | undefined> {
  const api = useApi(incomingMailApiRef);
  const current = useDraftId();
  const [draftId] = useState(current);
  return useLoaded(async signal => {
    if (draftId === undefined) {
      return undefined;
    }
    try {
      const params = { draftId };
      return await api.call('getMailServerDraft', { params }, { signal });
    } catch (error) {
      // Drafts go after a day, and are nobody else's to open.
      if (['missing', 'invalid'].includes(kindOfError(error))) {
        return undefined;
      }
      throw error;
    }
  }, `draft ${draftId}`);
}

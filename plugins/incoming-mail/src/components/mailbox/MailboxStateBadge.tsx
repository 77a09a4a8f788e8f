// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { ChannelState } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../translation';
import { HealthBadge } from '../HealthBadge';
import type { Severity } from '../Notice';

const severities: Readonly<Record<ChannelState, Severity>> = {
  draft: 'info',
  active: 'success',
  degraded: 'warning',
  'needs-consent': 'error',
  'needs-password': 'error',
  'mailbox-unavailable': 'error',
  'integration-fault': 'error',
  paused: 'info',
};

/** How a mailbox is doing, in one word. */
export function MailboxStateBadge({ state }: { state: ChannelState }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <HealthBadge
      severity={severities[state]}
      label={t(`mailbox.state.${state}`)}
    />
  );
}

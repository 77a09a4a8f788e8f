// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { CheckPanel } from '../components/CheckPanel';
import { ErrorAlert } from '../components/ErrorAlert';
import { Notice } from '../components/Notice';
import { incomingMailTranslationRef } from '../translation';
import type { ChannelActivation } from './useChannelActivation';

/** How far the first sign-in is, and why it failed. */
export function ActivationNotice(props: { activation: ChannelActivation }) {
  const { state, reset } = props.activation;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  switch (state.status) {
    case 'busy':
      return <Notice severity="info" title={t('consent.connecting')} />;
    case 'failed':
      return <ErrorAlert error={state.error} onClose={reset} />;
    case 'done':
      return (
        <CheckPanel
          title={t('channel.notConnected')}
          checking={{ status: 'done', value: state.value.report }}
          onClose={reset}
        />
      );
    default:
      return null;
  }
}

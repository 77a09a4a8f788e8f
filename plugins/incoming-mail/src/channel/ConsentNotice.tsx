// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ErrorAlert } from '../components/ErrorAlert';
import { FailureAlert } from '../components/FailureAlert';
import { Notice } from '../components/Notice';
import type { AuthorizePopup } from '../hooks/useAuthorizePopup';
import { incomingMailTranslationRef } from '../translation';
import { ClaimNotice } from './ClaimNotice';
import { ConsentMending, ConsentMendingProps } from './ConsentMending';

/** Props of {@link ConsentNotice}. */
export interface ConsentNoticeProps extends Omit<ConsentMendingProps, 'code'> {
  authorization: AuthorizePopup;
  /** The mailbox's address, once the channel is saved. */
  address: string | undefined;
}

/** How far the authorization is, from the click to its end. */
export function ConsentNotice(props: ConsentNoticeProps) {
  const { authorization, address, ...mending } = props;
  const { state, cancel, reset } = authorization;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const cancelButton = (
    <Button size="small" onClick={cancel}>
      {t('channel.consent.cancel')}
    </Button>
  );
  switch (state.status) {
    case 'opening':
    case 'waiting':
      return (
        <Notice
          severity="info"
          title={t(`channel.consent.${state.status}`)}
          actions={cancelButton}
        />
      );
    case 'connecting':
      return <Notice severity="info" title={t('channel.consent.connecting')} />;
    case 'blocked':
      return (
        <Notice
          severity="warning"
          title={t('channel.consent.blocked')}
          actions={
            <>
              <Button
                size="small"
                variant="contained"
                color="primary"
                href={state.startUrl}
              >
                {t('channel.consent.goToProvider')}
              </Button>
              {cancelButton}
            </>
          }
        >
          {t('channel.consent.blockedText')}
        </Notice>
      );
    case 'unclaimed':
      return (
        <ClaimNotice
          busy={state.claiming}
          triesLeft={state.triesLeft}
          onClaim={authorization.claim}
          cancelButton={cancelButton}
        />
      );
    case 'succeeded':
      return (
        <Notice
          severity="success"
          title={t('channel.consent.succeeded')}
          onClose={reset}
        >
          {address && t('channel.consent.succeededText', { address })}
        </Notice>
      );
    case 'cancelled':
      return (
        <Notice
          severity="info"
          title={t('channel.consent.cancelled')}
          onClose={reset}
        />
      );
    case 'failed':
      return 'failure' in state ? (
        <FailureAlert
          failure={state.failure}
          actions={<ConsentMending {...mending} code={state.failure.code} />}
          onClose={reset}
        />
      ) : (
        <ErrorAlert error={state.error} onClose={reset} />
      );
    default:
      return null;
  }
}

// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { AuthorizePopup } from '../hooks/useAuthorizePopup';
import { incomingMailTranslationRef } from '../translation';
import { ClaimNotice } from './ClaimNotice';
import { ConsentMending, ConsentMendingProps } from './ConsentMending';
import { ErrorAlert } from './ErrorAlert';
import { FailureAlert } from './FailureAlert';
import { Notice } from './Notice';

/** Props of {@link ConsentNotice}. */
export interface ConsentNoticeProps extends Omit<ConsentMendingProps, 'code'> {
  authorization: AuthorizePopup;
  /** What the success means, where nothing else on the page says it. */
  success?: { title: string; text?: string };
}

/** How far the authorization is, from the click to its end. */
export function ConsentNotice(props: ConsentNoticeProps) {
  const { authorization, success, ...mending } = props;
  const { state, cancel, reset } = authorization;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const cancelButton = (
    <Button size="small" onClick={cancel}>
      {t('consent.cancel')}
    </Button>
  );
  switch (state.status) {
    case 'opening':
    case 'waiting':
      return (
        <Notice
          severity="info"
          title={t(`consent.${state.status}`)}
          actions={cancelButton}
        />
      );
    case 'connecting':
      return <Notice severity="info" title={t('consent.connecting')} />;
    case 'blocked':
      return (
        <Notice
          severity="warning"
          title={t('consent.blocked')}
          actions={
            <>
              <Button
                size="small"
                variant="contained"
                color="primary"
                href={state.startUrl}
              >
                {t('consent.goToProvider')}
              </Button>
              {cancelButton}
            </>
          }
        >
          {t('consent.blockedText')}
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
      return success ? (
        <Notice severity="success" title={success.title} onClose={reset}>
          {success.text}
        </Notice>
      ) : null;
    case 'cancelled':
      return (
        <Notice
          severity="info"
          title={t('consent.cancelled')}
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

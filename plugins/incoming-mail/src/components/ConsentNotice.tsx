// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { AuthorizeState, POPUP_NAME } from '../hooks/runConsent';
import { incomingMailTranslationRef } from '../translation';
import { ErrorAlert } from './ErrorAlert';
import { FailureAlert } from './FailureAlert';
import { Notice } from './Notice';

/** Props of {@link ConsentNotice}. */
export interface ConsentNoticeProps {
  state: AuthorizeState;
  /** What the success means, where nothing else on the page says it. */
  success?: { title: string; text?: string };
  onCancel: () => void;
  onClose: () => void;
}

/** How far the authorization is, from the click to its end. */
export function ConsentNotice(props: ConsentNoticeProps) {
  const { state, success, onCancel, onClose } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const cancelButton = (
    <Button size="small" onClick={onCancel}>
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
      return <Notice severity="info" title={t('channel.connecting')} />;
    case 'blocked':
      return (
        <Notice
          severity="warning"
          title={t('consent.blocked')}
          actions={
            <>
              {/* A named target keeps the opener, by which the page that ends
                  the authorization tells this one to look. */}
              <Button
                size="small"
                variant="contained"
                color="primary"
                href={state.startUrl}
                target={POPUP_NAME}
              >
                {t('consent.openProvider')}
              </Button>
              {cancelButton}
            </>
          }
        />
      );
    case 'succeeded':
      return success ? (
        <Notice severity="success" title={success.title} onClose={onClose}>
          {success.text}
        </Notice>
      ) : null;
    case 'cancelled':
      return (
        <Notice
          severity="info"
          title={t('consent.cancelled')}
          onClose={onClose}
        />
      );
    case 'failed':
      return 'failure' in state ? (
        <FailureAlert failure={state.failure} onClose={onClose} />
      ) : (
        <ErrorAlert error={state.error} onClose={onClose} />
      );
    default:
      return null;
  }
}

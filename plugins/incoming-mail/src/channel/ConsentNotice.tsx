// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ErrorAlert } from '../components/ErrorAlert';
import { FailureAlert } from '../components/FailureAlert';
import { Notice } from '../components/Notice';
import { AuthorizeState, POPUP_NAME } from '../hooks/runConsent';
import { incomingMailTranslationRef } from '../translation';

/** Props of {@link ConsentNotice}. */
export interface ConsentNoticeProps {
  state: AuthorizeState;
  /** The mailbox's address, once the channel is saved. */
  address: string | undefined;
  onCancel: () => void;
  onClose: () => void;
}

/** How far the authorization is, from the click to its end. */
export function ConsentNotice(props: ConsentNoticeProps) {
  const { state, address, onCancel, onClose } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const cancelButton = (
    <Button size="small" onClick={onCancel}>
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
              {/* A named target keeps the opener, by which the page that ends
                  the authorization tells this one to look. */}
              <Button
                size="small"
                variant="contained"
                color="primary"
                href={state.startUrl}
                target={POPUP_NAME}
              >
                {t('channel.consent.openProvider')}
              </Button>
              {cancelButton}
            </>
          }
        />
      );
    case 'succeeded':
      return (
        <Notice
          severity="success"
          title={t('channel.consent.succeeded')}
          onClose={onClose}
        >
          {address && t('channel.consent.succeededText', { address })}
        </Notice>
      );
    case 'cancelled':
      return (
        <Notice
          severity="info"
          title={t('channel.consent.cancelled')}
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

// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { LinkButton } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { usePermission } from '@backstage/plugin-permission-react';
import {
  consentMendings,
  FailureCode,
  integrationReadPermission,
} from '@postroom/plugin-incoming-mail-common';
import { useOptionalRouteRef } from '../hooks/useRequestPath';
import { integrationRouteRef } from '../routes';
import { incomingMailTranslationRef } from '../translation';

/** Where the links for the mailbox's owner are, on the same page. */
export const LINKS_ANCHOR = 'incoming-mail-links';

/** Props of {@link ConsentMending}. */
export interface ConsentMendingProps {
  code: FailureCode;
  /** Absent where the person may not. */
  onAuthorize?: () => void;
  /** Absent where the person may not. */
  onEdit?: () => void;
  /** Whether the application reads in its own name: nobody is asked again. */
  byApplication: boolean;
  /** The integration of the channel. */
  integrationId: string | undefined;
}

/** The buttons that lead on after a consent that came to nothing. */
export function ConsentMending(props: ConsentMendingProps) {
  const { code, onAuthorize, onEdit, integrationId } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const mending = consentMendings[code];
  return (
    <>
      {mending === 'integration' && integrationId !== undefined && (
        <IntegrationButton integrationId={integrationId} />
      )}
      {mending === 'channel' && onEdit && (
        <Button size="small" variant="outlined" onClick={onEdit}>
          {t('channel.consent.editMailbox')}
        </Button>
      )}
      {mending === 'new-link' && onAuthorize && (
        <Button size="small" variant="outlined" href={`#${LINKS_ANCHOR}`}>
          {t('channel.consent.makeLink')}
        </Button>
      )}
      {mending !== 'none' && onAuthorize && (
        <Button size="small" variant="outlined" onClick={onAuthorize}>
          {t(
            props.byApplication
              ? 'channel.status.connect'
              : 'channel.consent.again',
          )}
        </Button>
      )}
    </>
  );
}

/** For administrators; others are told in words to ask one. */
function IntegrationButton({ integrationId }: { integrationId: string }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const path = useOptionalRouteRef(integrationRouteRef)?.({ integrationId });
  const { allowed } = usePermission({ permission: integrationReadPermission });
  return path !== undefined && allowed ? (
    <LinkButton size="small" variant="outlined" to={path}>
      {t('channel.consent.openIntegration')}
    </LinkButton>
  ) : null;
}

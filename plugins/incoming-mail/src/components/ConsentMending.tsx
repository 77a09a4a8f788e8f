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

/** Props of {@link ConsentMending}. */
export interface ConsentMendingProps {
  code: FailureCode;
  /** Absent where the person may not. */
  onAuthorize?: () => void;
  /** Absent where the person may not. */
  onEdit?: () => void;
  /** Whether the application reads in its own name: nobody is asked again. */
  byApplication: boolean;
  /** The integration of the mailbox; absent where it has none. */
  integrationId: string | undefined;
  /**
   * Where on the same page links for the mailbox's owner are made; absent where
   * there are none.
   */
  linksAnchor?: string;
}

/** The buttons that lead on after a consent that came to nothing. */
export function ConsentMending(props: ConsentMendingProps) {
  const { code, onAuthorize, onEdit, integrationId, linksAnchor } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const mending = consentMendings[code];
  return (
    <>
      {mending === 'integration' && integrationId !== undefined && (
        <IntegrationButton integrationId={integrationId} />
      )}
      {mending === 'channel' && onEdit && (
        <Button size="small" variant="outlined" onClick={onEdit}>
          {t('consent.editMailbox')}
        </Button>
      )}
      {mending === 'new-link' && onAuthorize && linksAnchor !== undefined && (
        <Button size="small" variant="outlined" href={`#${linksAnchor}`}>
          {t('consent.makeLink')}
        </Button>
      )}
      {mending !== 'none' && onAuthorize && (
        <Button size="small" variant="outlined" onClick={onAuthorize}>
          {t(props.byApplication ? 'mailbox.connect' : 'consent.again')}
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
      {t('consent.openIntegration')}
    </LinkButton>
  ) : null;
}

// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { MailServer } from '@postroom/plugin-incoming-mail-common';
import { ConsentNotice } from '../../components/ConsentNotice';
import { LoadedView } from '../../components/LoadedView';
import { MailboxStateBadge } from '../../components/mailbox/MailboxStateBadge';
import { Stack } from '../../components/Stack';
import { useAuthorizePopup } from '../../hooks/useAuthorizePopup';
import { useEndpoint } from '../../hooks/useEndpoint';
import { LIVE_REFRESH_MS } from '../../hooks/useLoaded';
import { useMailServerRights } from '../../hooks/useMailServerRights';
import { editMailServerRouteRef } from '../../routes';
import { incomingMailTranslationRef } from '../../translation';
import { MailServerHeading } from './MailServerHeading';
import { MailServerLogs } from './MailServerLogs';
import { MailServerStatus } from './MailServerStatus';
import { useMailServerConsent } from './useMailServerConsent';

/** How the mail server that the address names is doing, with its logs. */
export function MailServerContent() {
  const { mailServerId = '' } = useParams();
  const loaded = useEndpoint(
    'getMailServer',
    { params: { mailServerId } },
    { refreshMs: LIVE_REFRESH_MS },
  );
  return (
    <LoadedView loaded={loaded}>
      {server => (
        <LoadedServer
          key={server.id}
          server={server}
          onChanged={loaded.reload}
        />
      )}
    </LoadedView>
  );
}

function LoadedServer(props: { server: MailServer; onChanged: () => void }) {
  const { server, onChanged } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const authorization = useAuthorizePopup();
  const consent = useMailServerConsent(server.id);
  const rights = useMailServerRights();
  const navigate = useNavigate();
  const editPath = useRouteRef(editMailServerRouteRef)({
    mailServerId: server.id,
  });
  const { state } = authorization;
  const oauth =
    server.authentication.method === 'oauth'
      ? server.authentication
      : undefined;
  const byApplication = server.grantType === 'client_credentials';
  const again = () =>
    byApplication
      ? authorization.connect(consent.connect)
      : authorization.authorize(consent.start);

  useEffect(() => {
    if (['succeeded', 'failed', 'cancelled'].includes(state.status)) {
      onChanged();
    }
  }, [state.status, onChanged]);

  return (
    <Stack>
      <MailServerHeading
        title={server.name}
        text={server.description}
        actions={<MailboxStateBadge state={server.state} />}
      />
      <ConsentNotice
        authorization={authorization}
        success={{
          title: t(
            byApplication
              ? 'mailServer.connected'
              : 'mailServer.authorizedAgain',
          ),
        }}
        integrationId={oauth?.integrationId}
        byApplication={byApplication}
        onAuthorize={oauth && rights.authorize ? again : undefined}
        onEdit={rights.update ? () => navigate(editPath) : undefined}
      />
      <MailServerStatus
        {...props}
        authorization={authorization}
        onAuthorize={
          oauth && !byApplication && rights.authorize ? again : undefined
        }
        onConnect={byApplication && rights.authorize ? again : undefined}
      />
      <MailServerLogs
        mailServerId={server.id}
        mayDownload={rights.readRaw}
        mayRun={rights.run}
      />
    </Stack>
  );
}

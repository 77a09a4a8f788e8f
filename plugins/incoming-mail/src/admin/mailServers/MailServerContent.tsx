// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'react';
import { useParams } from 'react-router-dom';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { MailServer } from '@postroom/plugin-incoming-mail-common';
import { ConsentNotice } from '../../components/ConsentNotice';
import { LoadedView } from '../../components/LoadedView';
import { MailboxStateBadge } from '../../components/mailbox/MailboxStateBadge';
import { Stack } from '../../components/Stack';
import { useAuthorizePopup } from '../../hooks/useAuthorizePopup';
import { useEndpoint } from '../../hooks/useEndpoint';
import { LIVE_REFRESH_MS } from '../../hooks/useLoaded';
import { incomingMailTranslationRef } from '../../translation';
import { MailServerHeading } from './MailServerHeading';
import { MailServerLogs } from './MailServerLogs';
import { MailServerStatus } from './MailServerStatus';

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
  const { state, cancel, reset } = authorization;

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
        state={state}
        success={{ title: t('mailServer.authorizedAgain') }}
        onCancel={cancel}
        onClose={reset}
      />
      <MailServerStatus {...props} authorization={authorization} />
      <MailServerLogs mailServerId={server.id} />
    </Stack>
  );
}

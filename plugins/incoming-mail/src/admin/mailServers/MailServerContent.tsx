// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import { useApi, useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { MailServer } from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { CheckPanel } from '../../components/CheckPanel';
import { ConsentNotice } from '../../components/ConsentNotice';
import { ErrorAlert } from '../../components/ErrorAlert';
import { LoadedView } from '../../components/LoadedView';
import { ImportNotice } from '../../components/mailbox/ImportNotice';
import { ImportPanel } from '../../components/mailbox/ImportPanel';
import { MailboxButtons } from '../../components/mailbox/MailboxButtons';
import { MailboxFacts } from '../../components/mailbox/MailboxFacts';
import { MailboxProblem } from '../../components/mailbox/MailboxProblem';
import { MailboxStateBadge } from '../../components/mailbox/MailboxStateBadge';
import { Notice } from '../../components/Notice';
import { Stack } from '../../components/Stack';
import { useAction } from '../../hooks/useAction';
import {
  AuthorizePopup,
  useAuthorizePopup,
} from '../../hooks/useAuthorizePopup';
import { useEndpoint } from '../../hooks/useEndpoint';
import { LIVE_REFRESH_MS } from '../../hooks/useLoaded';
import { useMailServerRights } from '../../hooks/useMailServerRights';
import { PAGE_SIZE } from '../../hooks/usePages';
import { MailboxLogs } from '../../journal/MailboxLogs';
import { editMailServerRouteRef, mailServersRouteRef } from '../../routes';
import { incomingMailTranslationRef } from '../../translation';
import { DeleteMailServerDialog } from './DeleteMailServerDialog';
import { MailServerHeading } from './MailServerHeading';
import type { EndedState } from './MailServerListContent';
import { useHandlerTitles } from './useHandlers';

const useStyles = makeStyles(
  theme => ({ status: { padding: theme.spacing(2) } }),
  { name: 'IncomingMailMailServer' },
);

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

interface ServerProps {
  server: MailServer;
  onChanged: () => void;
}

function LoadedServer(props: ServerProps) {
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
      <ServerStatus {...props} authorization={authorization} />
      <ServerLogs server={server} />
    </Stack>
  );
}

function ServerStatus(props: ServerProps & { authorization: AuthorizePopup }) {
  const { server, authorization, onChanged } = props;
  const params = { mailServerId: server.id };
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const navigate = useNavigate();
  const rights = useMailServerRights();
  const listPath = useRouteRef(mailServersRouteRef)();
  const editPath = useRouteRef(editMailServerRouteRef)(params);
  const titleOf = useHandlerTitles();
  const [asking, setAsking] = useState(false);
  const [importing, setImporting] = useState(false);
  const [polling, poll, resetPolling] = useAction(async () => {
    await api.call('pollMailServer', { params });
    onChanged();
  });
  const [checking, check, resetChecking] = useAction(async () => {
    const report = await api.call('checkMailServer', { params });
    // What was found out may have changed how it stands.
    onChanged();
    return report;
  });
  const [switching, switchReading, resetSwitching] = useAction(
    async (endpoint: 'pauseMailServer' | 'resumeMailServer') => {
      await api.call(endpoint, { params });
      onChanged();
    },
  );
  const [cancelling, cancelImport, resetCancelling] = useAction(async () => {
    await api.call('cancelMailServerImport', { params });
    onChanged();
  });
  const whereAllowed = (allowed: boolean, act: () => void) =>
    allowed ? act : undefined;
  const consenting = ['opening', 'waiting', 'blocked'].includes(
    authorization.state.status,
  );
  const failed = [
    { state: polling, reset: resetPolling },
    { state: switching, reset: resetSwitching },
    { state: cancelling, reset: resetCancelling },
  ];

  return (
    <Stack>
      {polling.status === 'done' && (
        <Notice
          severity="info"
          title={t('channel.status.pollStarted')}
          onClose={resetPolling}
        />
      )}
      {failed.map(
        ({ state, reset }, index) =>
          state.status === 'failed' && (
            <ErrorAlert key={index} error={state.error} onClose={reset} />
          ),
      )}
      <ImportNotice
        lastImport={server.lastImport}
        onCancel={whereAllowed(rights.update, cancelImport)}
      />
      {importing && (
        <ServerImport
          server={server}
          onStarted={() => {
            setImporting(false);
            onChanged();
          }}
          onClose={() => setImporting(false)}
        />
      )}
      <Paper variant="outlined" component="section" className={classes.status}>
        <Stack>
          <MailboxProblem mailbox={server} busy={consenting} />
          <MailboxFacts
            mailbox={server}
            more={[
              { name: t('mailServers.column.address'), value: server.address },
              {
                name: t('mailServers.column.handlers'),
                value: server.handlers
                  .map(({ handlerId }) => titleOf(handlerId))
                  .join(', '),
              },
            ]}
          />
          <MailboxButtons
            state={server.state}
            busy={
              consenting ||
              [polling, checking, switching].some(
                ({ status }) => status === 'busy',
              )
            }
            authorizeLabel={t('mailServer.authorizeAgain')}
            onAuthorize={whereAllowed(
              rights.authorize && server.authentication.method === 'oauth',
              () =>
                authorization.authorize((body, options) =>
                  api.call('startMailServerConsent', { params, body }, options),
                ),
            )}
            onPoll={whereAllowed(rights.update, poll)}
            onCheck={whereAllowed(rights.update, check)}
            onPause={whereAllowed(rights.update, () =>
              switchReading('pauseMailServer'),
            )}
            onResume={whereAllowed(rights.update, () =>
              switchReading('resumeMailServer'),
            )}
            onImport={whereAllowed(rights.update, () => setImporting(true))}
            onEdit={whereAllowed(rights.update, () => navigate(editPath))}
            onDelete={whereAllowed(rights.delete, () => setAsking(true))}
          />
        </Stack>
      </Paper>
      <CheckPanel
        title={t('mailServer.checkTitle')}
        checking={checking}
        onClose={resetChecking}
      />
      <DeleteMailServerDialog
        server={asking ? server : undefined}
        onDeleted={() => {
          const ended: EndedState = {
            ended: { how: 'deleted', name: server.name },
          };
          navigate(listPath, { state: ended });
        }}
        onClose={() => setAsking(false)}
      />
    </Stack>
  );
}

function ServerImport(props: {
  server: MailServer;
  onStarted: () => void;
  onClose: () => void;
}) {
  const { server, onStarted, onClose } = props;
  const params = { mailServerId: server.id };
  const api = useApi(incomingMailApiRef);
  const preview = useEndpoint('previewMailServer', { params });
  return (
    <ImportPanel
      preview={preview}
      onImport={async body => {
        await api.call('startMailServerImport', { params, body });
        onStarted();
      }}
      onClose={onClose}
    />
  );
}

function ServerLogs({ server }: { server: MailServer }) {
  const api = useApi(incomingMailApiRef);
  const pageOf = (cursor: string | undefined) => ({
    params: { mailServerId: server.id },
    query: { limit: PAGE_SIZE, cursor },
  });
  return (
    <MailboxLogs
      mailboxKey={server.id}
      readMessages={(cursor, signal) =>
        api.call('listMailServerMessages', pageOf(cursor), { signal })
      }
      readJournal={(cursor, signal) =>
        api.call('listMailServerJournal', pageOf(cursor), { signal })
      }
    />
  );
}

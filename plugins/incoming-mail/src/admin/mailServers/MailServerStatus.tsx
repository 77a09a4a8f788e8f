// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import { useApi, useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { MailServer } from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { CheckPanel } from '../../components/CheckPanel';
import { ErrorAlert } from '../../components/ErrorAlert';
import { ImportNotice } from '../../components/mailbox/ImportNotice';
import { MailboxButtons } from '../../components/mailbox/MailboxButtons';
import { MailboxFacts } from '../../components/mailbox/MailboxFacts';
import { MailboxProblem } from '../../components/mailbox/MailboxProblem';
import { Notice } from '../../components/Notice';
import { Stack } from '../../components/Stack';
import { useAction } from '../../hooks/useAction';
import { isUnderWay } from '../../hooks/AuthorizeState';
import type { AuthorizePopup } from '../../hooks/useAuthorizePopup';
import { useMailServerRights } from '../../hooks/useMailServerRights';
import { editMailServerRouteRef, mailServersRouteRef } from '../../routes';
import { incomingMailTranslationRef } from '../../translation';
import { DeleteMailServerDialog } from './DeleteMailServerDialog';
import { MailServerImport } from './MailServerImport';
import type { EndedState } from './MailServerListContent';
import { useHandlerTitles } from './useHandlers';

const useStyles = makeStyles(
  theme => ({ root: { padding: theme.spacing(2) } }),
  { name: 'IncomingMailMailServerStatus' },
);

/** Props of {@link MailServerStatus}. */
export interface MailServerStatusProps {
  server: MailServer;
  authorization: AuthorizePopup;
  /** Gives access anew; absent where nobody can, or the person may not. */
  onAuthorize?: () => void;
  /** Has the application connect in its own name; absent likewise. */
  onConnect?: () => void;
  onChanged: () => void;
}

/** A mail server's settings, how it is doing, and what can be done with it. */
export function MailServerStatus(props: MailServerStatusProps) {
  const { server, onChanged } = props;
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
  const consenting = isUnderWay(props.authorization.state);
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
        <MailServerImport
          mailServerId={server.id}
          onStarted={() => {
            setImporting(false);
            onChanged();
          }}
          onClose={() => setImporting(false)}
        />
      )}
      <Paper variant="outlined" component="section" className={classes.root}>
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
            onAuthorize={props.onAuthorize}
            onConnect={props.onConnect}
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

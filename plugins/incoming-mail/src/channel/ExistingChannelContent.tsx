// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { useApi } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Channel } from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { CheckPanel } from '../components/CheckPanel';
import { ConfirmDialog } from '../components/ConfirmDialog';
import { ErrorAlert } from '../components/ErrorAlert';
import { DeleteConsequences } from '../components/mailbox/DeleteConsequences';
import { ImportNotice } from '../components/mailbox/ImportNotice';
import { Notice } from '../components/Notice';
import { Stack } from '../components/Stack';
import { isUnderWay } from '../hooks/AuthorizeState';
import { useAction } from '../hooks/useAction';
import type { AuthorizePopup } from '../hooks/useAuthorizePopup';
import { useChannelConsent } from '../hooks/useChannelConsent';
import type { ChannelRights } from '../hooks/useChannelRights';
import type { Project } from '../hooks/useProject';
import { incomingMailTranslationRef } from '../translation';
import { ChannelImport } from './ChannelImport';
import { ChannelLogs } from './ChannelLogs';
import { ChannelStatus } from './ChannelStatus';
import { ConsentLinks } from './ConsentLinks';
import type { ChannelActivation } from './useChannelActivation';

/** Props of {@link ExistingChannelContent}. */
export interface ExistingChannelContentProps {
  project: Project;
  channel: Channel;
  rights: ChannelRights;
  authorization: AuthorizePopup;
  activation: ChannelActivation;
  /** Whether reading began just now, when the old mail is asked about. */
  justEnabled: boolean;
  onChanged: () => void;
  onEdit: () => void;
  onDeleted: () => void;
}

/** A channel with what can be done with it, and its logs. */
export function ExistingChannelContent(props: ExistingChannelContentProps) {
  const { project, channel, rights, authorization, activation, onChanged } =
    props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const consent = useChannelConsent(project);
  const [asking, setAsking] = useState(false);
  const [importing, setImporting] = useState<boolean>();
  const [polling, poll, resetPolling] = useAction(async () => {
    await api.call('pollChannel', { params: project });
    onChanged();
  });
  const [checking, check, resetChecking] = useAction(async () => {
    const report = await api.call('checkChannel', { params: project });
    // What was found out may have changed how the channel stands.
    onChanged();
    return report;
  });
  const [switching, switchReading, resetSwitching] = useAction(
    async (endpoint: 'pauseChannel' | 'resumeChannel') => {
      await api.call(endpoint, { params: project });
      onChanged();
    },
  );
  const [cancelling, cancelImport] = useAction(async () => {
    await api.call('cancelChannelImport', { params: project });
    onChanged();
  });
  const [deleting, remove, resetDeleting] = useAction(async () => {
    await api.call('deleteChannel', { params: project });
    props.onDeleted();
  });
  const consenting = isUnderWay(authorization.state);
  const isPassword = channel.authentication.method === 'password';
  const isAlone = channel.grantType === 'client_credentials';
  const whereAllowed = (allowed: boolean, act: () => void) =>
    allowed ? act : undefined;

  return (
    <Stack>
      {polling.status === 'done' && (
        <Notice
          severity="info"
          title={t('channel.status.pollStarted')}
          onClose={resetPolling}
        />
      )}
      {polling.status === 'failed' && (
        <ErrorAlert error={polling.error} onClose={resetPolling} />
      )}
      {switching.status === 'failed' && (
        <ErrorAlert error={switching.error} onClose={resetSwitching} />
      )}
      {cancelling.status === 'failed' && (
        <ErrorAlert error={cancelling.error} />
      )}
      <ImportNotice
        lastImport={channel.lastImport}
        onCancel={whereAllowed(rights.update, cancelImport)}
      />
      {(importing ?? (props.justEnabled && rights.update)) && (
        <ChannelImport
          project={project}
          onStarted={() => {
            setImporting(false);
            onChanged();
          }}
          onClose={() => setImporting(false)}
        />
      )}
      <ChannelStatus
        channel={channel}
        busy={
          consenting ||
          [polling, checking, switching, activation.state].some(
            ({ status }) => status === 'busy',
          )
        }
        onAuthorize={whereAllowed(
          rights.authorize && !isPassword && !isAlone,
          () => authorization.authorize(consent.start),
        )}
        onConnect={whereAllowed(
          rights.authorize && (isPassword || isAlone),
          () =>
            isAlone
              ? authorization.connect(consent.connect)
              : activation.activate(),
        )}
        onPoll={whereAllowed(rights.update, poll)}
        onCheck={whereAllowed(rights.update, check)}
        onPause={whereAllowed(rights.update, () =>
          switchReading('pauseChannel'),
        )}
        onResume={whereAllowed(rights.update, () =>
          switchReading('resumeChannel'),
        )}
        onImport={whereAllowed(rights.update, () => setImporting(true))}
        onEdit={whereAllowed(rights.update, props.onEdit)}
        onDelete={whereAllowed(rights.delete, () => {
          resetDeleting();
          setAsking(true);
        })}
      />
      <CheckPanel
        title={t('channel.status.checkTitle')}
        checking={checking}
        onClose={resetChecking}
      />
      {rights.authorize && !isPassword && !isAlone && (
        <ConsentLinks project={project} channel={channel} />
      )}
      <ChannelLogs
        project={project}
        mayDownload={rights.readRaw}
        mayRun={rights.run}
      />
      <ConfirmDialog
        open={asking}
        title={t('channel.deleteDialog.title')}
        text={
          <DeleteConsequences
            mailbox={channel}
            remains={t('channel.deleteDialog.remains')}
          />
        }
        confirmLabel={t('channel.deleteDialog.confirm')}
        busy={deleting.status === 'busy'}
        error={deleting.status === 'failed' ? deleting.error : undefined}
        onConfirm={remove}
        onClose={() => setAsking(false)}
      />
    </Stack>
  );
}

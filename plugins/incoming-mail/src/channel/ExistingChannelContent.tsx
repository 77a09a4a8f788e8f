// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { useApi } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Channel } from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { ConfirmDialog } from '../components/ConfirmDialog';
import { ErrorAlert } from '../components/ErrorAlert';
import { Notice } from '../components/Notice';
import { Stack } from '../components/Stack';
import { isUnderWay } from '../hooks/AuthorizeState';
import { useAction } from '../hooks/useAction';
import type { AuthorizePopup } from '../hooks/useAuthorizePopup';
import type { ChannelRights } from '../hooks/useChannelRights';
import type { Project } from '../hooks/useProject';
import { incomingMailTranslationRef } from '../translation';
import { ChannelCheck } from './ChannelCheck';
import { ChannelLogs } from './ChannelLogs';
import { ChannelStatus } from './ChannelStatus';
import { ConsentLinks } from './ConsentLinks';

/** Props of {@link ExistingChannelContent}. */
export interface ExistingChannelContentProps {
  project: Project;
  channel: Channel;
  rights: ChannelRights;
  authorization: AuthorizePopup;
  onChanged: () => void;
  onEdit: () => void;
  onDeleted: () => void;
}

/** A channel with what can be done with it, and its logs. */
export function ExistingChannelContent(props: ExistingChannelContentProps) {
  const { project, channel, rights, authorization, onChanged } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const [asking, setAsking] = useState(false);
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
  const [deleting, remove, resetDeleting] = useAction(async () => {
    await api.call('deleteChannel', { params: project });
    props.onDeleted();
  });
  const consenting = isUnderWay(authorization.state);

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
      <ChannelStatus
        channel={channel}
        busy={
          consenting || polling.status === 'busy' || checking.status === 'busy'
        }
        onAuthorize={
          rights.authorize
            ? () =>
                channel.grantType === 'client_credentials'
                  ? authorization.connect()
                  : authorization.authorize()
            : undefined
        }
        onPoll={rights.update ? poll : undefined}
        onCheck={rights.update ? check : undefined}
        onEdit={rights.update ? props.onEdit : undefined}
        onDelete={
          rights.delete
            ? () => {
                resetDeleting();
                setAsking(true);
              }
            : undefined
        }
      />
      <ChannelCheck checking={checking} onClose={resetChecking} />
      {rights.authorize && channel.grantType !== 'client_credentials' && (
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
        text={t('channel.deleteDialog.text', { address: channel.address })}
        confirmLabel={t('channel.deleteDialog.confirm')}
        busy={deleting.status === 'busy'}
        error={deleting.status === 'failed' ? deleting.error : undefined}
        onConfirm={remove}
        onClose={() => setAsking(false)}
      />
    </Stack>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import LockIcon from '@material-ui/icons/LockOutlined';
import MailIcon from '@material-ui/icons/MailOutline';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Channel } from '@postroom/plugin-incoming-mail-common';
import { kindOfError } from '../api/errorKind';
import { EmptyNotice } from '../components/EmptyNotice';
import { LoadedView } from '../components/LoadedView';
import { LoadingRows } from '../components/LoadingRows';
import { Notice } from '../components/Notice';
import { SectionHeading } from '../components/SectionHeading';
import { Stack } from '../components/Stack';
import { useAuthorizePopup } from '../hooks/useAuthorizePopup';
import { useChannel } from '../hooks/useChannel';
import { ChannelRights, useChannelRights } from '../hooks/useChannelRights';
import { Project, useProject } from '../hooks/useProject';
import { incomingMailTranslationRef } from '../translation';
import { ChannelFormContent } from './ChannelFormContent';
import { ConsentNotice } from './ConsentNotice';
import { ExistingChannelContent } from './ExistingChannelContent';

/** The tab *Email requests* of a project. */
export function ChannelContent() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { project, projectRef } = useProject();
  const channel = useChannel(project);
  const rights = useChannelRights(projectRef);

  if (channel.status === 'failed' && kindOfError(channel.error) === 'refused') {
    return (
      <EmptyNotice
        icon={LockIcon}
        title={t('entity.refused.title')}
        text={t('entity.refused.text')}
      />
    );
  }
  return (
    <Stack>
      <LoadedView loaded={channel}>
        {value =>
          rights ? (
            <ChannelView
              project={project}
              channel={value}
              rights={rights}
              onChanged={channel.reload}
            />
          ) : (
            <LoadingRows />
          )
        }
      </LoadedView>
    </Stack>
  );
}

interface ChannelViewProps {
  project: Project;
  channel: Channel | undefined;
  rights: ChannelRights;
  onChanged: () => void;
}

/** What the person did last with the channel, where a word about it is due. */
type Mode = 'show' | 'edit' | 'saved' | 'deleted';

function ChannelView(props: ChannelViewProps) {
  const { project, channel, rights, onChanged } = props;
  const authorization = useAuthorizePopup(project);
  const [mode, setMode] = useState<Mode>('show');
  const { state, reset } = authorization;

  useEffect(() => {
    if (['succeeded', 'failed', 'cancelled'].includes(state.status)) {
      onChanged();
    }
  }, [state.status, onChanged]);

  const enter = (next: Mode) => {
    reset();
    setMode(next);
  };
  const byApplication = channel?.grantType === 'client_credentials';
  const again = () =>
    byApplication ? authorization.connect() : authorization.authorize();
  const showsForm = channel ? mode === 'edit' : rights.create;
  // An error that is about the form's own fields is told there.
  const toldByForm = showsForm && state.status === 'failed' && 'error' in state;

  return (
    <Stack>
      <ModeNotice mode={mode} onClose={() => setMode('show')} />
      {!toldByForm && (
        <ConsentNotice
          authorization={authorization}
          address={channel?.address}
          integrationId={channel?.authentication.integrationId}
          byApplication={byApplication}
          onAuthorize={channel && rights.authorize ? again : undefined}
          onEdit={channel && rights.update ? () => enter('edit') : undefined}
        />
      )}
      {channel && !showsForm && (
        <ExistingChannelContent
          project={project}
          channel={channel}
          rights={rights}
          authorization={authorization}
          onChanged={onChanged}
          onEdit={() => enter('edit')}
          onDeleted={() => {
            enter('deleted');
            onChanged();
          }}
        />
      )}
      {showsForm && <FormHeading isNew={!channel} />}
      {showsForm && (
        <ChannelFormContent
          key={channel ? 'edit' : 'new'}
          project={project}
          channel={channel}
          authorization={authorization}
          onSaved={consentFollows => {
            setMode(consentFollows ? 'show' : 'saved');
            onChanged();
          }}
          onReload={() => {
            enter('show');
            onChanged();
          }}
          onCancel={channel && (() => enter('show'))}
        />
      )}
      {!channel && !rights.create && <NoChannel />}
    </Stack>
  );
}

function ModeNotice({ mode, onClose }: { mode: Mode; onClose: () => void }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return mode === 'saved' || mode === 'deleted' ? (
    <Notice
      severity="success"
      title={t(mode === 'saved' ? 'channel.status.saved' : 'channel.deleted')}
      onClose={onClose}
    />
  ) : null;
}

function NoChannel() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <EmptyNotice
      icon={MailIcon}
      title={t('channel.notAllowed.title')}
      text={t('channel.notAllowed.text')}
    />
  );
}

function FormHeading({ isNew }: { isNew: boolean }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return isNew ? (
    <SectionHeading
      title={t('channel.empty.title')}
      text={t('channel.empty.text')}
    />
  ) : (
    <SectionHeading
      title={t('channel.form.editTitle')}
      text={t('channel.form.reauthorizeHint')}
    />
  );
}

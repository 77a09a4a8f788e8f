// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import LockIcon from '@material-ui/icons/LockOutlined';
import MailIcon from '@material-ui/icons/MailOutline';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Channel } from '@postroom/plugin-incoming-mail-common';
import { kindOfError } from '../api/errorKind';
import { ConsentNotice } from '../components/ConsentNotice';
import { EmptyNotice } from '../components/EmptyNotice';
import { LoadedView } from '../components/LoadedView';
import { LoadingRows } from '../components/LoadingRows';
import { Notice } from '../components/Notice';
import { SectionHeading } from '../components/SectionHeading';
import { Stack } from '../components/Stack';
import { useAuthorizePopup } from '../hooks/useAuthorizePopup';
import { useChannel } from '../hooks/useChannel';
import { useChannelConsent } from '../hooks/useChannelConsent';
import { ChannelRights, useChannelRights } from '../hooks/useChannelRights';
import { Project, useProject } from '../hooks/useProject';
import { incomingMailTranslationRef } from '../translation';
import { ActivationNotice } from './ActivationNotice';
import { AfterSaving, ChannelFormContent } from './ChannelFormContent';
import { LINKS_ANCHOR } from './ConsentLinks';
import { ExistingChannelContent } from './ExistingChannelContent';
import { useChannelActivation } from './useChannelActivation';

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
type Mode = 'show' | 'edit' | 'saved' | 'saved-sign-in-due' | 'deleted';

const modeAfter = {
  nothing: 'saved',
  'sign-in-due': 'saved-sign-in-due',
  // What follows has words of its own.
  consent: 'show',
  connect: 'show',
} as const satisfies Record<AfterSaving, Mode>;

function ChannelView(props: ChannelViewProps) {
  const { project, channel, rights, onChanged } = props;
  const authorization = useAuthorizePopup();
  const consent = useChannelConsent(project);
  const activation = useChannelActivation(project, onChanged);
  const [mode, setMode] = useState<Mode>('show');
  const { state, reset } = authorization;
  const enabled = state.status === 'succeeded' || activation.succeeded;

  useEffect(() => {
    if (['succeeded', 'failed', 'cancelled'].includes(state.status)) {
      onChanged();
    }
  }, [state.status, onChanged]);

  const forget = () => {
    reset();
    activation.reset();
  };
  const enter = (next: Mode) => {
    forget();
    setMode(next);
  };
  const oauth =
    channel?.authentication.method === 'oauth'
      ? channel.authentication
      : undefined;
  const byApplication = channel?.grantType === 'client_credentials';
  const again = () =>
    byApplication
      ? authorization.connect(consent.connect)
      : authorization.authorize(consent.start);
  const showsForm = channel ? mode === 'edit' : rights.create;
  // An error that is about the form's own fields is told there.
  const toldByForm = showsForm && state.status === 'failed' && 'error' in state;

  return (
    <Stack>
      <ModeNotice mode={mode} onClose={() => setMode('show')} />
      {enabled && <EnabledNotice channel={channel} onClose={forget} />}
      {!toldByForm && !enabled && (
        <ConsentNotice
          authorization={authorization}
          integrationId={oauth?.integrationId}
          byApplication={byApplication}
          linksAnchor={showsForm ? undefined : LINKS_ANCHOR}
          onAuthorize={oauth && rights.authorize ? again : undefined}
          onEdit={channel && rights.update ? () => enter('edit') : undefined}
        />
      )}
      {!activation.succeeded && <ActivationNotice activation={activation} />}
      {channel && !showsForm && (
        <ExistingChannelContent
          project={project}
          channel={channel}
          rights={rights}
          authorization={authorization}
          activation={activation}
          justEnabled={enabled}
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
          onSaved={next => {
            setMode(modeAfter[next]);
            onChanged();
            if (next === 'connect') {
              activation.activate();
            }
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
  switch (mode) {
    case 'saved':
    case 'saved-sign-in-due':
      return (
        <Notice
          severity="success"
          title={t('channel.status.saved')}
          onClose={onClose}
        >
          {mode === 'saved-sign-in-due' && t('channel.status.signInDue')}
        </Notice>
      );
    case 'deleted':
      return (
        <Notice
          severity="success"
          title={t('channel.deleted')}
          onClose={onClose}
        />
      );
    default:
      return null;
  }
}

function EnabledNotice(props: {
  channel: Channel | undefined;
  onClose: () => void;
}) {
  const { channel, onClose } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <Notice severity="success" title={t('channel.enabled')} onClose={onClose}>
      {channel && t('channel.enabledText', { address: channel.address })}
    </Notice>
  );
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
      text={t('channel.form.signInAgainHint')}
    />
  );
}

// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import Button from '@material-ui/core/Button';
import { LinkButton } from '@backstage/core-components';
import { useApi } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { usePermission } from '@backstage/plugin-permission-react';
import {
  Channel,
  CreateChannel,
  IntegrationChoice,
  integrationCreatePermission,
} from '@postroom/plugin-incoming-mail-common';
import { kindOfError } from '../api/errorKind';
import { fieldErrorsOf, FieldErrors } from '../api/fieldErrors';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { ErrorAlert } from '../components/ErrorAlert';
import { LoadedView } from '../components/LoadedView';
import {
  actsAlone,
  PASSWORD,
  storedPasswordOf,
} from '../components/mailbox/mailboxForm';
import { useProblemWords } from '../components/mailbox/useProblemWords';
import { Notice } from '../components/Notice';
import { useAction } from '../hooks/useAction';
import type { AuthorizePopup } from '../hooks/useAuthorizePopup';
import { useChannelConsent } from '../hooks/useChannelConsent';
import { useIntegrationChoices } from '../hooks/useIntegrationChoices';
import type { Project } from '../hooks/useProject';
import { useOptionalRouteRef } from '../hooks/useRequestPath';
import { newIntegrationRouteRef } from '../routes';
import { incomingMailTranslationRef } from '../translation';
import { ChannelFields } from './ChannelFields';
import {
  canListFolders,
  fromChannel,
  needsNewSignIn,
  newChannelForm,
  toChannelSettings,
} from './channelForm';

/** What follows after the settings of a channel were stored. */
export type AfterSaving = 'nothing' | 'consent' | 'connect' | 'sign-in-due';

/** Props of {@link ChannelFormContent}. */
export interface ChannelFormContentProps {
  project: Project;
  /** The channel to edit; absent for a new one. */
  channel?: Channel;
  authorization: AuthorizePopup;
  /**
   * Called after the settings are stored; where a consent follows, before it
   * is given.
   */
  onSaved: (next: AfterSaving) => void;
  /** Reads the channel again after a change in between. */
  onReload: () => void;
  onCancel?: () => void;
}

/** The form of a channel with the integrations that it can choose from. */
export function ChannelFormContent(props: ChannelFormContentProps) {
  const choices = useIntegrationChoices(props.project);
  return (
    <LoadedView loaded={choices}>
      {({ items }) => (
        <>
          {items.length === 0 && <NoIntegration />}
          <LoadedForm {...props} choices={items} />
        </>
      )}
    </LoadedView>
  );
}

/** A mailbox can still be connected with its password. */
function NoIntegration() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const newPath = useOptionalRouteRef(newIntegrationRouteRef)?.();
  const mayCreate = usePermission({
    permission: integrationCreatePermission,
  }).allowed;
  return (
    <Notice
      severity="info"
      title={t('channel.noIntegration.title')}
      actions={
        newPath &&
        mayCreate && (
          <LinkButton to={newPath} size="small" variant="outlined">
            {t('channel.noIntegration.link')}
          </LinkButton>
        )
      }
    >
      {t('channel.noIntegration.text')}
    </Notice>
  );
}

function LoadedForm(
  props: ChannelFormContentProps & { choices: readonly IntegrationChoice[] },
) {
  const { project, choices, authorization } = props;
  // As it was when the form opened: a refresh behind the form must not let it
  // overwrite what someone else changed meanwhile.
  const [channel] = useState(props.channel);
  const api = useApi(incomingMailApiRef);
  const consent = useChannelConsent(project);
  const tell = useProblemWords();
  const [values, setValues] = useState(() =>
    channel ? fromChannel(channel) : newChannelForm(choices),
  );
  const [formErrors, setFormErrors] = useState<FieldErrors>({});
  const authorizes = !channel && values.signIn !== PASSWORD;

  const afterSaving = (): AfterSaving => {
    if (!channel) {
      return authorizes ? 'consent' : 'connect';
    }
    return needsNewSignIn(channel, values) ? 'sign-in-due' : 'nothing';
  };
  const store = async (settings: CreateChannel) => {
    await (channel
      ? api.call('updateChannel', {
          params: project,
          body: { ...settings, version: channel.version },
        })
      : api.call('createChannel', { params: project, body: settings }));
    props.onSaved(afterSaving());
  };
  // The folders are those of the channel as it is stored.
  const [listing, listFolders] = useAction(() =>
    api.call('listChannelFolders', { params: project }),
  );
  const [saving, save] = useAction(store);
  // What stops the saving on the way to the consent arrives there.
  const error = errorOf(authorizes ? authorization.state : saving);

  const submit = () => {
    const verdict = toChannelSettings(values, choices, channel, tell);
    setFormErrors(verdict.kind === 'invalid' ? verdict.errors : {});
    if (verdict.kind === 'invalid') {
      return;
    }
    if (authorizes && actsAlone(values, choices)) {
      authorization.connect(async options => {
        await store(verdict.settings);
        return consent.connect(options);
      });
    } else if (authorizes) {
      authorization.authorize(async (body, options) => {
        await store(verdict.settings);
        return consent.start(body, options);
      });
    } else {
      save(verdict.settings);
    }
  };

  return (
    <ChannelFields
      values={values}
      choices={choices}
      errors={
        Object.keys(formErrors).length > 0 ? formErrors : fieldErrorsOf(error)
      }
      isNew={!channel}
      storedPassword={storedPasswordOf(channel, values)}
      busy={
        saving.status === 'busy' ||
        ['opening', 'connecting'].includes(authorization.state.status)
      }
      notice={error && <SaveProblem error={error} onReload={props.onReload} />}
      folders={
        channel && canListFolders(channel, values)
          ? { state: listing, list: listFolders }
          : undefined
      }
      onChange={setValues}
      onSubmit={submit}
      onCancel={props.onCancel}
    />
  );
}

function errorOf(state: { status: string } & { error?: Error }) {
  return state.status === 'failed' ? state.error : undefined;
}

function SaveProblem(props: { error: Error; onReload: () => void }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return kindOfError(props.error) === 'conflict' ? (
    <Notice
      severity="error"
      title={t('channel.form.changedMeanwhile')}
      actions={
        <Button size="small" variant="outlined" onClick={props.onReload}>
          {t('common.reload')}
        </Button>
      }
    />
  ) : (
    <ErrorAlert error={props.error} />
  );
}

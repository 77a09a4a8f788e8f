// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { useLocation, useNavigate } from 'react-router-dom';
import AddIcon from '@material-ui/icons/Add';
import MailIcon from '@material-ui/icons/MailOutline';
import { LinkButton } from '@backstage/core-components';
import { useApi, useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  MailServer,
  MAX_PAGE_SIZE,
} from '@postroom/plugin-incoming-mail-common';
import { z } from 'zod';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { EveryPage, readEveryPage } from '../../api/readEveryPage';
import { EmptyNotice } from '../../components/EmptyNotice';
import { ErrorAlert } from '../../components/ErrorAlert';
import { LoadedView } from '../../components/LoadedView';
import { Notice } from '../../components/Notice';
import { SectionHeading } from '../../components/SectionHeading';
import { Stack } from '../../components/Stack';
import { useAction } from '../../hooks/useAction';
import { Loaded, LIVE_REFRESH_MS, useLoaded } from '../../hooks/useLoaded';
import {
  MailServerRights,
  useMailServerRights,
} from '../../hooks/useMailServerRights';
import { newMailServerRouteRef } from '../../routes';
import { incomingMailTranslationRef } from '../../translation';
import { DeleteMailServerDialog } from './DeleteMailServerDialog';
import { MailServersTable } from './MailServersTable';

const endedSchema = z.object({
  ended: z.object({ how: z.enum(['saved', 'deleted']), name: z.string() }),
});

/** What another view leaves in the location for the list to say. */
export type EndedState = z.infer<typeof endedSchema>;

/** The list of mail servers, with the way to add, edit, pause and delete one. */
export function MailServerListContent() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const servers = useMailServers();
  const rights = useMailServerRights();
  const newPath = useRouteRef(newMailServerRouteRef);
  return (
    <Stack>
      <SectionHeading
        title={t('mailServers.title')}
        text={t('mailServers.intro')}
        actions={
          rights.create && (
            <LinkButton
              to={newPath()}
              variant="contained"
              color="primary"
              startIcon={<AddIcon />}
            >
              {t('mailServers.add')}
            </LinkButton>
          )
        }
      />
      <EndedNotice />
      <LoadedView loaded={servers}>
        {list =>
          list.items.length === 0 ? (
            <EmptyNotice
              icon={MailIcon}
              title={t('mailServers.empty.title')}
              text={t('mailServers.empty.text')}
            />
          ) : (
            <MailServerList
              list={list}
              rights={rights}
              onChanged={servers.reload}
            />
          )
        }
      </LoadedView>
    </Stack>
  );
}

function useMailServers(): Loaded<EveryPage<MailServer>> {
  const api = useApi(incomingMailApiRef);
  return useLoaded(
    signal =>
      readEveryPage(cursor =>
        api.call(
          'listMailServers',
          { query: { limit: MAX_PAGE_SIZE, cursor } },
          { signal },
        ),
      ),
    'mail-servers',
    { refreshMs: LIVE_REFRESH_MS },
  );
}

function EndedNotice() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const location = useLocation();
  const navigate = useNavigate();
  const left = endedSchema.safeParse(location.state);
  if (!left.success) {
    return null;
  }
  const { how, name } = left.data.ended;
  return (
    <Notice
      severity="success"
      title={t(`mailServers.${how}`, { name })}
      // Also keeps a reload of the browser from saying it again.
      onClose={() => navigate('.', { replace: true, state: undefined })}
    />
  );
}

function MailServerList(props: {
  list: EveryPage<MailServer>;
  rights: MailServerRights;
  onChanged: () => void;
}) {
  const { rights, onChanged } = props;
  const { items, truncated } = props.list;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const [doomed, setDoomed] = useState<MailServer>();
  const [polling, poll, resetPolling] = useAction(
    async ({ id }: MailServer) => {
      await api.call('pollMailServer', { params: { mailServerId: id } });
      onChanged();
    },
  );
  const [switching, switchReading, resetSwitching] = useAction(
    async ({ id, enabled }: MailServer) => {
      await api.call(enabled ? 'pauseMailServer' : 'resumeMailServer', {
        params: { mailServerId: id },
      });
      onChanged();
    },
  );

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
      <MailServersTable
        servers={items}
        rights={rights}
        busy={polling.status === 'busy' || switching.status === 'busy'}
        onPoll={poll}
        onSwitch={switchReading}
        onDelete={setDoomed}
      />
      {truncated && (
        <Notice
          severity="info"
          title={t('mailServers.truncated', { limit: String(items.length) })}
        />
      )}
      <DeleteMailServerDialog
        server={doomed}
        onDeleted={() => {
          setDoomed(undefined);
          onChanged();
        }}
        onClose={() => setDoomed(undefined)}
      />
    </Stack>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { useLocation, useNavigate } from 'react-router-dom';
import AddIcon from '@material-ui/icons/Add';
import KeyIcon from '@material-ui/icons/VpnKeyOutlined';
import { LinkButton } from '@backstage/core-components';
import { useApi, useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { usePermission } from '@backstage/plugin-permission-react';
import {
  integrationCreatePermission,
  integrationDeletePermission,
  MAX_PAGE_SIZE,
  OAuthIntegration,
} from '@postroom/plugin-incoming-mail-common';
import { z } from 'zod';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { EveryPage, readEveryPage } from '../../api/readEveryPage';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { EmptyNotice } from '../../components/EmptyNotice';
import { LoadedView } from '../../components/LoadedView';
import { Notice } from '../../components/Notice';
import { SectionHeading } from '../../components/SectionHeading';
import { Stack } from '../../components/Stack';
import { useAction } from '../../hooks/useAction';
import { Loaded, useLoaded } from '../../hooks/useLoaded';
import { integrationRouteRef, newIntegrationRouteRef } from '../../routes';
import { incomingMailTranslationRef } from '../../translation';
import { IntegrationsTable } from './IntegrationsTable';
import { IntegrationTest } from './IntegrationTest';
import { IntegrationUsers } from './IntegrationUsers';
import { VaultKeysNotice } from './VaultKeysNotice';

/** What the editor leaves in the location for the list to say. */
export const savedSchema = z.object({
  saved: z.object({ id: z.string(), name: z.string(), ready: z.boolean() }),
});

/** See {@link savedSchema}. */
export type SavedState = z.infer<typeof savedSchema>;

/** The list of integrations, with the way to add, edit and delete one. */
export function IntegrationListContent() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const integrations = useIntegrations();
  const mayCreate = usePermission({
    permission: integrationCreatePermission,
  }).allowed;
  const newPath = useRouteRef(newIntegrationRouteRef);

  const addButton = mayCreate && (
    <LinkButton
      to={newPath()}
      variant="contained"
      color="primary"
      startIcon={<AddIcon />}
    >
      {t('integrations.add')}
    </LinkButton>
  );

  return (
    <Stack>
      <SectionHeading
        title={t('integrations.title')}
        text={t('integrations.intro')}
        actions={addButton}
      />
      <SavedNotice />
      <VaultKeysNotice />
      <LoadedView loaded={integrations}>
        {list =>
          list.items.length === 0 ? (
            <EmptyNotice
              icon={KeyIcon}
              title={t('integrations.empty.title')}
              text={t('integrations.empty.text')}
            />
          ) : (
            <IntegrationList list={list} onChanged={integrations.reload} />
          )
        }
      </LoadedView>
    </Stack>
  );
}

function useIntegrations(): Loaded<EveryPage<OAuthIntegration>> {
  const api = useApi(incomingMailApiRef);
  return useLoaded(
    signal =>
      readEveryPage(cursor =>
        api.call(
          'listIntegrations',
          { query: { limit: MAX_PAGE_SIZE, cursor } },
          { signal },
        ),
      ),
    'integrations',
  );
}

/** What was just saved, with the test that comes next. */
function SavedNotice() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const location = useLocation();
  const navigate = useNavigate();
  const left = savedSchema.safeParse(location.state);
  if (!left.success) {
    return null;
  }
  const { id, name, ready } = left.data.saved;
  return (
    <>
      <Notice
        severity={ready ? 'success' : 'info'}
        title={t(
          ready ? 'integrations.savedReady' : 'integrations.savedDraft',
          { name },
        )}
        // Also keeps a reload of the browser from saying it again.
        onClose={() => navigate('.', { replace: true, state: undefined })}
      />
      {ready && <IntegrationTest integrationId={id} />}
    </>
  );
}

function IntegrationList(props: {
  list: EveryPage<OAuthIntegration>;
  onChanged: () => void;
}) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const editPath = useRouteRef(integrationRouteRef);
  const mayDelete = usePermission({
    permission: integrationDeletePermission,
  }).allowed;
  const [doomed, setDoomed] = useState<OAuthIntegration>();
  const [deleting, remove, resetDeleting] = useAction(
    async ({ id }: OAuthIntegration) => {
      await api.call('deleteIntegration', { params: { integrationId: id } });
      setDoomed(undefined);
      props.onChanged();
    },
  );
  const { items, truncated } = props.list;

  return (
    <Stack>
      <IntegrationsTable
        integrations={items}
        editPath={integrationId => editPath({ integrationId })}
        onDelete={
          mayDelete
            ? integration => {
                resetDeleting();
                setDoomed(integration);
              }
            : undefined
        }
      />
      {truncated && (
        <Notice
          severity="info"
          title={t('integrations.truncated', { limit: String(items.length) })}
        />
      )}
      <ConfirmDialog
        open={doomed !== undefined}
        title={t('integrations.deleteDialog.title', {
          name: doomed?.name ?? '',
        })}
        text={
          <>
            {t('integrations.deleteDialog.text')}
            {doomed && usersOf(doomed) > 0 && (
              <IntegrationUsers
                integrationId={doomed.id}
                count={usersOf(doomed)}
              />
            )}
          </>
        }
        confirmLabel={t('common.delete')}
        busy={deleting.status === 'busy'}
        error={deleting.status === 'failed' ? deleting.error : undefined}
        onConfirm={() => doomed && remove(doomed)}
        onClose={() => setDoomed(undefined)}
      />
    </Stack>
  );
}

function usersOf(integration: OAuthIntegration): number {
  return integration.channelCount + integration.mailServerCount;
}

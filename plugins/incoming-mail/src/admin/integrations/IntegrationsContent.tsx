// SPDX-License-Identifier: Apache-2.0
import { Route, Routes } from 'react-router-dom';
import LockIcon from '@material-ui/icons/LockOutlined';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { usePermission } from '@backstage/plugin-permission-react';
import { integrationReadPermission } from '@postroom/plugin-incoming-mail-common';
import { EmptyNotice } from '../../components/EmptyNotice';
import { LoadingRows } from '../../components/LoadingRows';
import { Stack } from '../../components/Stack';
import { incomingMailTranslationRef } from '../../translation';
import { EditIntegrationContent } from './EditIntegrationContent';
import { HttpsNotice } from './HttpsNotice';
import { IntegrationListContent } from './IntegrationListContent';
import { NewIntegrationContent } from './NewIntegrationContent';

/** The tab *OAuth 2.0*: the list, and the editor under addresses of its own. */
export function IntegrationsContent() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { loading, allowed } = usePermission({
    permission: integrationReadPermission,
  });
  if (loading) {
    return <LoadingRows />;
  }
  if (!allowed) {
    return (
      <EmptyNotice
        icon={LockIcon}
        title={t('integrations.refused.title')}
        text={t('integrations.refused.text')}
      />
    );
  }
  return (
    <Stack>
      <HttpsNotice />
      <Routes>
        <Route index element={<IntegrationListContent />} />
        <Route path="new" element={<NewIntegrationContent />} />
        <Route path=":integrationId" element={<EditIntegrationContent />} />
      </Routes>
    </Stack>
  );
}

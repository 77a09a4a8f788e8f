// SPDX-License-Identifier: Apache-2.0
import { Route, Routes } from 'react-router-dom';
import LockIcon from '@material-ui/icons/LockOutlined';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { usePermission } from '@backstage/plugin-permission-react';
import { mailServerReadPermission } from '@postroom/plugin-incoming-mail-common';
import { EmptyNotice } from '../../components/EmptyNotice';
import { LoadingRows } from '../../components/LoadingRows';
import { incomingMailTranslationRef } from '../../translation';
import { EditMailServerContent } from './EditMailServerContent';
import { MailServerContent } from './MailServerContent';
import { MailServerListContent } from './MailServerListContent';
import { NewMailServerContent } from './NewMailServerContent';

/** The tab *Mail servers*: the list, each mail server, and the editor. */
export function MailServersContent() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { loading, allowed } = usePermission({
    permission: mailServerReadPermission,
  });
  if (loading) {
    return <LoadingRows />;
  }
  if (!allowed) {
    return (
      <EmptyNotice
        icon={LockIcon}
        title={t('mailServers.refused.title')}
        text={t('mailServers.refused.text')}
      />
    );
  }
  return (
    <Routes>
      <Route index element={<MailServerListContent />} />
      <Route path="new" element={<NewMailServerContent />} />
      <Route path=":mailServerId" element={<MailServerContent />} />
      <Route path=":mailServerId/edit" element={<EditMailServerContent />} />
    </Routes>
  );
}

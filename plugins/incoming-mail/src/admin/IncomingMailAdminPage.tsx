// SPDX-License-Identifier: Apache-2.0
import {
  Content,
  Header,
  Page,
  TabbedLayout,
} from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { usePermission } from '@backstage/plugin-permission-react';
import {
  integrationReadPermission,
  mailServerReadPermission,
} from '@postroom/plugin-incoming-mail-common';
import { LoadingRows } from '../components/LoadingRows';
import { incomingMailTranslationRef } from '../translation';
import { IntegrationsContent } from './integrations/IntegrationsContent';
import { MailServersContent } from './mailServers/MailServersContent';

/**
 * The page *Incoming mail* for the legacy front-end system, which leaves
 * header and tabs to the plugin. A person sees the tabs that are for them;
 * without any, the first says what is missing.
 */
export function IncomingMailAdminPage() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const integrations = usePermission({ permission: integrationReadPermission });
  const servers = usePermission({ permission: mailServerReadPermission });
  if (integrations.loading || servers.loading) {
    return (
      <Page themeId="tool">
        <Header title={t('page.title')} />
        <Content>
          <LoadingRows />
        </Content>
      </Page>
    );
  }
  return (
    <Page themeId="tool">
      <Header title={t('page.title')} />
      <TabbedLayout>
        {(integrations.allowed || !servers.allowed) && (
          <TabbedLayout.Route path="/oauth" title={t('page.oauthTab')}>
            <IntegrationsContent />
          </TabbedLayout.Route>
        )}
        {servers.allowed && (
          <TabbedLayout.Route path="/servers" title={t('page.mailServersTab')}>
            <MailServersContent />
          </TabbedLayout.Route>
        )}
      </TabbedLayout>
    </Page>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { Header, Page, TabbedLayout } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { incomingMailTranslationRef } from '../translation';
import { IntegrationsContent } from './integrations/IntegrationsContent';

/**
 * The page *Incoming mail* for the legacy front-end system, which leaves
 * header and tabs to the plugin.
 */
export function IncomingMailAdminPage() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <Page themeId="tool">
      <Header title={t('page.title')} />
      <TabbedLayout>
        <TabbedLayout.Route path="/oauth" title={t('page.oauthTab')}>
          <IntegrationsContent />
        </TabbedLayout.Route>
      </TabbedLayout>
    </Page>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  IntegrationUser,
  MAX_PAGE_SIZE,
} from '@postroom/plugin-incoming-mail-common';
import { LoadedView } from '../../components/LoadedView';
import { useEndpoint } from '../../hooks/useEndpoint';
import { incomingMailTranslationRef } from '../../translation';

/** Props of {@link IntegrationUsers}. */
export interface IntegrationUsersProps {
  integrationId: string;
  /** How many there are; more than a page are not listed. */
  count: number;
}

/** The channels and mail servers that stand in the way of a removal. */
export function IntegrationUsers(props: IntegrationUsersProps) {
  const { integrationId, count } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const users = useEndpoint('listIntegrationUsers', {
    params: { integrationId },
    query: { limit: MAX_PAGE_SIZE },
  });
  return (
    <>
      <p>{t('integrations.deleteDialog.usedBy', { count })}</p>
      <LoadedView loaded={users}>
        {({ items }) => (
          <ul>
            {items.map(user => (
              <li key={keyOf(user)}>
                {user.kind === 'channel'
                  ? t('integrations.deleteDialog.channel', {
                      project: user.projectRef,
                      address: user.address,
                    })
                  : t('integrations.deleteDialog.mailServer', {
                      name: user.name,
                      address: user.address,
                    })}
              </li>
            ))}
            {items.length < count && (
              <li>
                {t('integrations.deleteDialog.more', {
                  count: count - items.length,
                })}
              </li>
            )}
          </ul>
        )}
      </LoadedView>
    </>
  );
}

function keyOf(user: IntegrationUser): string {
  return user.kind === 'channel' ? user.projectRef : user.mailServerId;
}

// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { needsHttps } from '@postroom/plugin-incoming-mail-common';
import { Notice } from '../../components/Notice';
import { useBackendOrigin } from '../../hooks/useBackendOrigin';
import { incomingMailTranslationRef } from '../../translation';

/** Why OAuth 2.0 is not to be had while the backend is not served over https. */
export function HttpsNotice() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const origin = useBackendOrigin();
  return origin !== undefined && needsHttps(origin) ? (
    <Notice severity="error" title={t('integrations.needsHttps.title')}>
      {t('integrations.needsHttps.text', { origin })}
    </Notice>
  ) : null;
}

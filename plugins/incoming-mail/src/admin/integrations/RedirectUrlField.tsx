// SPDX-License-Identifier: Apache-2.0
import { Link } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  lintRedirectUrl,
  oauthProviders,
  ProviderId,
} from '@postroom/plugin-incoming-mail-common';
import { CopyField } from '../../components/CopyField';
import { SettingsWarnings } from '../../components/SettingsWarnings';
import { useBackendOrigin } from '../../hooks/useBackendOrigin';
import { incomingMailTranslationRef } from '../../translation';

/** Props of {@link RedirectUrlField}. */
export interface RedirectUrlFieldProps {
  redirectUrl: string;
  provider: ProviderId;
}

/**
 * The redirect URL, which is there before anything else of an integration,
 * and what its provider will say to it.
 */
export function RedirectUrlField(props: RedirectUrlFieldProps) {
  const { redirectUrl, provider } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const currentOrigin = useBackendOrigin();
  const warnings = lintRedirectUrl({ redirectUrl, provider, currentOrigin });
  const { title, links } = oauthProviders[provider];
  return (
    <>
      <CopyField
        id="incoming-mail-redirect-url"
        label={t('editor.redirectUrl')}
        value={redirectUrl}
        helperText={t('editor.redirectUrlHint')}
      />
      <SettingsWarnings warnings={warnings} />
      {warnings.length > 0 && links.redirectUrls && (
        <Link to={links.redirectUrls}>
          {t('editor.redirectUrlsLink', { provider: title })}
        </Link>
      )}
    </>
  );
}

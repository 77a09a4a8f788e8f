// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { CopyField } from '../../components/CopyField';
import { incomingMailTranslationRef } from '../../translation';

/** Props of {@link RedirectUrlField}. */
export interface RedirectUrlFieldProps {
  redirectUrl: string;
}

/** The redirect URL, which is there before anything else of an integration. */
export function RedirectUrlField({ redirectUrl }: RedirectUrlFieldProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <CopyField
      id="incoming-mail-redirect-url"
      label={t('editor.redirectUrl')}
      value={redirectUrl}
      helperText={t('editor.redirectUrlHint')}
    />
  );
}

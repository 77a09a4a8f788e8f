// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { microsoftCloudSchema } from '@postroom/plugin-incoming-mail-common';
import { errorAt } from '../../api/fieldErrors';
import { FormField } from '../../components/FormField';
import { incomingMailTranslationRef } from '../../translation';
import { EditorForm } from './EditorField';
import { tenantErrors, withMicrosoft } from './integrationForm';

/** Where the endpoints are nobody's that the choice knows. */
const OTHER = 'other';

/**
 * Tenant and cloud of Microsoft, which set everything below them together: a
 * mixture of two clouds fails in ways that nobody can read.
 */
export function MicrosoftFields({ values, errors, onChange }: EditorForm) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { microsoft } = values;
  return (
    <>
      <FormField
        id="incoming-mail-cloud"
        label={t('editor.cloud')}
        value={microsoft?.cloud ?? OTHER}
        hint={t('editor.cloudHint')}
        onChange={value => {
          const cloud = microsoftCloudSchema.safeParse(value);
          if (cloud.success) {
            const tenant = microsoft?.tenant ?? 'common';
            onChange(withMicrosoft(values, { tenant, cloud: cloud.data }));
          }
        }}
        options={[
          ...microsoftCloudSchema.options.map(cloud => (
            <option key={cloud} value={cloud}>
              {t(`editor.cloudOption.${cloud}`)}
            </option>
          )),
          ...(microsoft
            ? []
            : [
                <option key={OTHER} value={OTHER}>
                  {t('editor.cloudOption.other')}
                </option>,
              ]),
        ]}
      />
      {microsoft && (
        <FormField
          id="incoming-mail-tenant"
          label={t('editor.tenant')}
          value={microsoft.tenant}
          error={
            // Gone as soon as it is mended.
            tenantErrors(values).tenant === undefined
              ? undefined
              : errorAt(errors, 'tenant')
          }
          hint={t(
            values.grantType === 'client_credentials'
              ? 'editor.tenantHintApplication'
              : 'editor.tenantHint',
          )}
          required
          onChange={tenant =>
            onChange(withMicrosoft(values, { ...microsoft, tenant }))
          }
        />
      )}
    </>
  );
}

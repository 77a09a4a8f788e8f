// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { errorAt } from '../../api/fieldErrors';
import { FormField } from '../../components/FormField';
import { incomingMailTranslationRef } from '../../translation';
import { EditorField, EditorForm } from './EditorField';
import type { StoredSecret } from './RegistrationSection';
import { formatDay } from './secretExpiry';

/** Props of {@link ClientKeyFields}. */
export interface ClientKeyFieldsProps extends EditorForm {
  storedSecret: StoredSecret;
}

/**
 * The key that the client signs with. It has several lines, which a field for
 * passwords would lose; once saved it is never shown again.
 */
export function ClientKeyFields(props: ClientKeyFieldsProps) {
  const { values, errors, onChange } = props;
  const { state, thumbprint, expiresOn } = props.storedSecret;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const hint = {
    none: t('editor.clientPrivateKeyNew'),
    kept: t('editor.clientPrivateKeyStored'),
    'to-reenter': t('editor.clientPrivateKeyReenter'),
  }[state];
  const stored =
    state === 'kept' && thumbprint !== undefined && expiresOn !== undefined
      ? t('editor.clientCertificateStored', {
          thumbprint,
          date: formatDay(expiresOn),
        })
      : undefined;
  const isMicrosoft = values.provider === 'microsoft';
  return (
    <>
      <FormField
        id="incoming-mail-client-private-key"
        label={t('editor.clientPrivateKey')}
        value={values.clientPrivateKey}
        onChange={clientPrivateKey => onChange({ ...values, clientPrivateKey })}
        hint={hint}
        error={
          errorAt(errors, 'clientKey.privateKey') ??
          (state === 'to-reenter' ? hint : undefined)
        }
        multiline
      />
      <FormField
        id="incoming-mail-client-certificate"
        label={t('editor.clientCertificate')}
        value={values.clientCertificate}
        onChange={clientCertificate =>
          onChange({ ...values, clientCertificate })
        }
        hint={
          stored ??
          t(
            isMicrosoft
              ? 'editor.clientCertificateMicrosoft'
              : 'editor.clientCertificateHint',
          )
        }
        error={errorAt(errors, 'clientKey.certificate')}
        multiline
      />
      {!isMicrosoft && (
        <EditorField
          values={values}
          errors={errors}
          onChange={onChange}
          name="clientKeyId"
          hint={t('editor.clientKeyIdHint')}
        />
      )}
    </>
  );
}

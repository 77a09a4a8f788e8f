// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { errorAt } from '../../api/fieldErrors';
import { SecretField } from '../../components/SecretField';
import { incomingMailTranslationRef } from '../../translation';
import { ClientKeyFields } from './ClientKeyFields';
import { EditorField, EditorForm } from './EditorField';
import { EditorSection } from './EditorSection';
import { GoogleGuide } from './guides/GoogleGuide';
import type { GuideProps } from './guides/GuideProps';
import { MicrosoftApplicationGuide } from './guides/MicrosoftApplicationGuide';
import { MicrosoftGuide } from './guides/MicrosoftGuide';
import { NextSecretFields } from './NextSecretFields';
import { RedirectUrlField } from './RedirectUrlField';

/** What the editor knows of the secret that the backend holds. */
export interface StoredSecret {
  readonly state: 'none' | 'kept' | 'to-reenter';
  /** When it ends, as it was entered with it. */
  readonly expiresOn?: string;
  /** Whether one that is to take its place is stored as well. */
  readonly hasNext?: boolean;
  /** Of the certificate, where the client signs. */
  readonly thumbprint?: string;
}

/** Props of {@link RegistrationSection}. */
export interface RegistrationSectionProps extends EditorForm {
  isNew: boolean;
  storedSecret: StoredSecret;
  redirectUrl: string | undefined;
  /** Stands in the place of a redirect URL that is not there. */
  redirectUrlStatus?: ReactNode;
}

/** What is given to the provider, how, and what it gives for it. */
export function RegistrationSection(props: RegistrationSectionProps) {
  const { values, errors, onChange, redirectUrl } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const actsAlone = values.grantType === 'client_credentials';
  return (
    <EditorSection
      title={t('editor.registrationSection')}
      text={t(
        actsAlone
          ? 'editor.registrationTextApplication'
          : 'editor.registrationText',
      )}
    >
      {/* Nobody is sent to the provider, so nobody comes back from there. */}
      {actsAlone || redirectUrl === undefined ? (
        props.redirectUrlStatus
      ) : (
        <RedirectUrlField
          redirectUrl={redirectUrl}
          provider={values.provider}
        />
      )}
      <Guide
        // Another provider's guide starts as it would have.
        key={`${values.provider} ${values.grantType}`}
        values={values}
        redirectUrl={redirectUrl}
        defaultOpen={props.isNew}
      />
      <EditorField
        values={values}
        errors={errors}
        onChange={onChange}
        name="clientId"
      />
      <ProofFields {...props} />
    </EditorSection>
  );
}

function Guide(props: GuideProps) {
  switch (props.values.provider) {
    case 'google':
      return <GoogleGuide {...props} />;
    case 'microsoft':
      return props.values.grantType === 'client_credentials' ? (
        <MicrosoftApplicationGuide {...props} />
      ) : (
        <MicrosoftGuide {...props} />
      );
    default:
      return null;
  }
}

/** What the client proves itself with. */
function ProofFields(props: RegistrationSectionProps) {
  switch (props.values.clientAuthentication) {
    case 'none':
      return null;
    case 'private_key_jwt':
      return <ClientKeyFields {...props} />;
    default:
      return <SecretFields {...props} />;
  }
}

function SecretFields(props: RegistrationSectionProps) {
  const { values, errors, onChange, storedSecret } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { state, expiresOn } = storedSecret;
  const hint = {
    none: t('editor.clientSecretNew'),
    kept: t('editor.clientSecretStored'),
    'to-reenter': t('editor.clientSecretReenter'),
  }[state];
  // The date of the old secret beside a new one is most likely forgotten.
  const dateIsOld =
    values.clientSecret !== '' &&
    expiresOn !== undefined &&
    values.clientSecretExpiresOn === expiresOn;
  return (
    <>
      <SecretField
        id="incoming-mail-client-secret"
        label={t('editor.clientSecret')}
        value={values.clientSecret}
        onChange={clientSecret => onChange({ ...values, clientSecret })}
        helperText={hint}
        error={
          errorAt(errors, 'clientSecret') ??
          (state === 'to-reenter' ? hint : undefined)
        }
      />
      <EditorField
        values={values}
        errors={errors}
        onChange={onChange}
        name="clientSecretExpiresOn"
        type="date"
        hint={t(
          dateIsOld
            ? 'editor.clientSecretExpiresOnCheck'
            : 'editor.clientSecretExpiresOnHint',
        )}
      />
      {state === 'kept' && (
        <NextSecretFields
          values={values}
          errors={errors}
          onChange={onChange}
          isStored={storedSecret.hasNext ?? false}
        />
      )}
    </>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { errorAt } from '../../api/fieldErrors';
import { SecretField } from '../../components/SecretField';
import { incomingMailTranslationRef } from '../../translation';
import { EditorField, EditorForm } from './EditorField';

/** Props of {@link NextSecretFields}. */
export interface NextSecretFieldsProps extends EditorForm {
  /** Whether a next secret is stored. */
  isStored: boolean;
}

/**
 * The secret that is to take the stored one's place, behind a button for as
 * long as there is none: most visits to the editor are about something else.
 */
export function NextSecretFields(props: NextSecretFieldsProps) {
  const { values, errors, onChange, isStored } = props;
  const form = { values, errors, onChange };
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [isOpen, setOpen] = useState(isStored);
  const error = errorAt(errors, 'nextClientSecret');
  if (!isOpen && error === undefined) {
    return (
      <div>
        <Button size="small" onClick={() => setOpen(true)}>
          {t('editor.nextClientSecretAdd')}
        </Button>
      </div>
    );
  }
  return (
    <>
      <SecretField
        id="incoming-mail-next-client-secret"
        label={t('editor.nextClientSecret')}
        value={values.nextClientSecret}
        onChange={nextClientSecret => onChange({ ...values, nextClientSecret })}
        helperText={t(
          isStored
            ? 'editor.nextClientSecretStored'
            : 'editor.nextClientSecretHint',
        )}
        error={error}
      />
      <EditorField
        {...form}
        name="nextClientSecretExpiresOn"
        type="date"
        hint={t('editor.clientSecretExpiresOnHint')}
      />
    </>
  );
}

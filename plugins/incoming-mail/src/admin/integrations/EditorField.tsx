// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { ProviderDescription } from '@postroom/plugin-incoming-mail-common';
import { errorAt, FieldErrors } from '../../api/fieldErrors';
import { FormField } from '../../components/FormField';
import { incomingMailTranslationRef } from '../../translation';
import {
  IntegrationFormValues,
  TextFieldName,
  withText,
} from './integrationForm';

/** What every part of the editor works on. */
export interface EditorForm {
  values: IntegrationFormValues;
  errors: FieldErrors;
  onChange: (values: IntegrationFormValues) => void;
}

/** What the parts that speak of the provider know besides. */
export interface ProviderForm extends EditorForm {
  /** The providers that backend modules bring. */
  presets: readonly ProviderDescription[];
}

/** Props of {@link EditorField}. */
export interface EditorFieldProps extends EditorForm {
  name: TextFieldName;
  hint?: string;
  required?: boolean;
  multiline?: boolean;
  type?: 'url' | 'date';
}

/** A text field of the editor. */
export function EditorField(props: EditorFieldProps) {
  const { name, values, errors } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <FormField
      id={`incoming-mail-${name}`}
      label={t(`editor.${name}`)}
      value={values[name]}
      error={errorAt(errors, name)}
      hint={props.hint}
      required={props.required}
      multiline={props.multiline}
      type={props.type}
      onChange={text => props.onChange(withText(values, name, text))}
    />
  );
}

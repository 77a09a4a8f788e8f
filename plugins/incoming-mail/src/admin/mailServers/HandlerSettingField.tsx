// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import type { HandlerField } from '@postroom/plugin-incoming-mail-common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { FormField, FormFieldProps } from '../../components/FormField';
import { SwitchField } from '../../components/SwitchField';
import { useEntitySuggestions } from '../../hooks/useEntitySuggestions';
import { incomingMailTranslationRef } from '../../translation';
import type { HandlerSetting } from './handlerRows';

/** Props of {@link HandlerSettingField}. */
export interface HandlerSettingFieldProps {
  id: string;
  field: HandlerField;
  value: HandlerSetting | undefined;
  error?: string;
  onChange: (value: HandlerSetting) => void;
}

/** One setting of a handler, in the form that its kind asks for. */
export function HandlerSettingField(props: HandlerSettingFieldProps) {
  const { id, field, value, error, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const shared = {
    id,
    label: field.title,
    error,
    hint: field.description,
    required: field.required,
  };
  const text = typeof value === 'string' ? value : '';
  switch (field.kind) {
    case 'boolean':
      return (
        <SwitchField
          id={id}
          label={field.title}
          hint={field.description}
          error={error}
          checked={value === true}
          onChange={onChange}
        />
      );
    case 'choice':
      return (
        <FormField
          {...shared}
          value={text}
          onChange={onChange}
          options={
            <>
              <option value="">{t('mailServer.handlers.noChoice')}</option>
              {field.choices?.map(choice => (
                <option key={choice.value} value={choice.value}>
                  {choice.title}
                </option>
              ))}
            </>
          }
        />
      );
    case 'list':
      return (
        <FormField
          {...shared}
          multiline
          hint={join(field.description, t('mailServer.handlers.onePerLine'))}
          value={Array.isArray(value) ? value.join('\n') : ''}
          onChange={lines => onChange(lines.split('\n'))}
        />
      );
    case 'entity':
      return (
        <EntityField
          {...shared}
          kinds={field.entityKinds}
          hint={join(field.description, t('mailServer.handlers.entityHint'))}
          value={text}
          onChange={onChange}
        />
      );
    default:
      return <FormField {...shared} value={text} onChange={onChange} />;
  }
}

/** A ref to type, with entities of the catalog to choose from. */
function EntityField(props: FormFieldProps & { kinds?: readonly string[] }) {
  const { kinds, ...field } = props;
  const [active, setActive] = useState(false);
  const suggestions = useEntitySuggestions({
    text: field.value,
    kinds,
    active,
  });
  return (
    <FormField
      {...field}
      suggestions={suggestions}
      onFocus={() => setActive(true)}
    />
  );
}

function join(...sentences: (string | undefined)[]): string {
  return sentences.filter(Boolean).join(' ');
}

// SPDX-License-Identifier: Apache-2.0
import { FormEvent, ReactNode } from 'react';
import Button from '@material-ui/core/Button';
import { makeStyles } from '@material-ui/core/styles';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/core-components';
import type { ProviderDescription } from '@postroom/plugin-incoming-mail-common';
import { ButtonRow } from '../../components/ButtonRow';
import { Stack } from '../../components/Stack';
import { incomingMailTranslationRef } from '../../translation';
import { AdvancedSection } from './AdvancedSection';
import { EditorSection } from './EditorSection';
import { EndpointSection } from './EndpointSection';
import { isDraft } from './integrationForm';
import { MailHostFields } from './MailHostFields';
import { ProviderSection } from './ProviderSection';
import {
  RegistrationSection,
  RegistrationSectionProps,
} from './RegistrationSection';

const useStyles = makeStyles(
  { form: { maxWidth: 960 } },
  { name: 'IncomingMailIntegrationEditor' },
);

/** Props of {@link IntegrationEditor}. */
export interface IntegrationEditorProps extends RegistrationSectionProps {
  /** The providers that backend modules bring. */
  presets: readonly ProviderDescription[];
  /** What happened to the last attempt to save. */
  notice?: ReactNode;
  busy: boolean;
  canSave: boolean;
  /** Where Cancel leads. */
  cancelPath: string;
  onSave: () => void;
}

/** The fields of an integration, from the provider down to the mail servers. */
export function IntegrationEditor(props: IntegrationEditorProps) {
  const { values, errors, onChange, isNew, busy } = props;
  const form = { values, errors, onChange };
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onSave();
  };

  return (
    // The schema judges all fields alike; the browser's own bubbles would
    // show one at a time.
    <form onSubmit={submit} noValidate className={classes.form}>
      <Stack>
        <ProviderSection {...form} isNew={isNew} presets={props.presets} />
        <RegistrationSection
          {...form}
          isNew={isNew}
          storedSecret={props.storedSecret}
          redirectUrl={props.redirectUrl}
          redirectUrlStatus={props.redirectUrlStatus}
        />
        <EndpointSection {...form} presets={props.presets} />
        <EditorSection
          title={t('editor.mailHostsSection')}
          text={t('editor.mailHostsText')}
        >
          <MailHostFields
            rows={values.mailHosts}
            errors={errors}
            onChange={mailHosts => onChange({ ...values, mailHosts })}
          />
        </EditorSection>
        <AdvancedSection {...form} />
        {props.notice}
        <ButtonRow>
          <Button
            type="submit"
            variant="contained"
            color="primary"
            disabled={busy || !props.canSave}
          >
            {t(saveLabel(props))}
          </Button>
          <Button component={Link} to={props.cancelPath}>
            {t('common.cancel')}
          </Button>
        </ButtonRow>
      </Stack>
    </form>
  );
}

function saveLabel({ busy, values, storedSecret }: IntegrationEditorProps) {
  if (busy) {
    return 'common.saving' as const;
  }
  return isDraft(values, storedSecret.state !== 'none')
    ? ('editor.saveDraft' as const)
    : ('common.save' as const);
}

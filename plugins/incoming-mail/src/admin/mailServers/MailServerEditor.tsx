// SPDX-License-Identifier: Apache-2.0
import { FormEvent, ReactNode } from 'react';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { HandlerDescription } from '@postroom/plugin-incoming-mail-common';
import { errorAt } from '../../api/fieldErrors';
import { FormField } from '../../components/FormField';
import { AfterStoringFields } from '../../components/mailbox/AfterStoringFields';
import { AliasesField } from '../../components/mailbox/AliasesField';
import { FolderField } from '../../components/mailbox/FolderField';
import {
  actsAlone,
  choiceOf,
  StoredPassword,
} from '../../components/mailbox/mailboxForm';
import type { MailboxFormProps } from '../../components/mailbox/MailboxFormProps';
import { PresetPicker } from '../../components/mailbox/PresetPicker';
import { ServerFields } from '../../components/mailbox/ServerFields';
import { SignInFields } from '../../components/mailbox/SignInFields';
import { Stack } from '../../components/Stack';
import { SwitchField } from '../../components/SwitchField';
import { incomingMailTranslationRef } from '../../translation';
import { EditorSection } from '../integrations/EditorSection';
import { HandlerFields } from './HandlerFields';
import type { MailServerFormValues } from './mailServerForm';

const useStyles = makeStyles(
  { form: { maxWidth: 960 } },
  { name: 'IncomingMailMailServerEditor' },
);

type Form = MailboxFormProps<MailServerFormValues>;

/** Props of {@link MailServerEditor}. */
export interface MailServerEditorProps extends Form {
  handlers: readonly HandlerDescription[];
  storedPassword: StoredPassword;
  /** What belongs to OAuth 2.0, below the choice of it. */
  authorization: ReactNode;
  /** The test, and what ends the form. */
  children: ReactNode;
  onSubmit: () => void;
}

/** The fields of a mail server, from its name down to the test. */
export function MailServerEditor(props: MailServerEditorProps) {
  const { values, choices, errors, onChange } = props;
  const form = { values, choices, errors, onChange, folders: props.folders };
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onSubmit();
  };

  return (
    // The schema judges; see the integration's editor.
    <form onSubmit={submit} noValidate className={classes.form}>
      <Stack>
        <IdentitySection {...form} />
        <ServerSection {...form} />
        <EditorSection title={t('mailServer.signInSection')}>
          <SignInFields {...form} storedPassword={props.storedPassword} />
          {choiceOf(values, choices) &&
            (actsAlone(values, choices) ? (
              <Typography variant="body2">
                {t('mailServer.actsAlone')}
              </Typography>
            ) : (
              props.authorization
            ))}
        </EditorSection>
        <EditorSection
          title={t('mailServer.handlersSection')}
          text={t('mailServer.handlersText')}
        >
          <HandlerFields
            rows={values.handlers}
            handlers={props.handlers}
            errors={errors}
            onChange={handlers => onChange({ ...values, handlers })}
          />
        </EditorSection>
        <EditorSection title={t('mailServer.storingSection')}>
          <AfterStoringFields {...form} />
        </EditorSection>
        {props.children}
      </Stack>
    </form>
  );
}

function IdentitySection(props: Form) {
  const { values, errors, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <EditorSection title={t('mailServer.identitySection')}>
      <FormField
        id="incoming-mail-name"
        label={t('mailServer.name')}
        value={values.name}
        error={errorAt(errors, 'name')}
        hint={t('mailServer.nameHint')}
        onChange={name => onChange({ ...values, name })}
        required
      />
      <FormField
        id="incoming-mail-description"
        label={t('mailServer.description')}
        value={values.description}
        error={errorAt(errors, 'description')}
        hint={t('common.optional')}
        onChange={description => onChange({ ...values, description })}
      />
      <FormField
        id="incoming-mail-address"
        label={t('mailbox.address')}
        type="email"
        value={values.address}
        error={errorAt(errors, 'address')}
        hint={t('mailbox.addressHint')}
        onChange={address => onChange({ ...values, address })}
        required
      />
      <AliasesField {...props} />
      <SwitchField
        id="incoming-mail-enabled"
        label={t('mailServer.enabled')}
        hint={t('mailServer.enabledHint')}
        checked={values.enabled}
        onChange={enabled => onChange({ ...values, enabled })}
      />
    </EditorSection>
  );
}

function ServerSection(props: Form) {
  const { values, errors, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <EditorSection title={t('mailServer.serverSection')}>
      <Typography variant="body2" color="textSecondary">
        {t('mailbox.presetHint')}
      </Typography>
      <PresetPicker {...props} />
      <ServerFields {...props} />
      <FolderField {...props} />
      <FormField
        id="incoming-mail-timeout"
        label={t('mailServer.timeout')}
        value={values.timeoutSeconds}
        error={errorAt(errors, 'timeoutSeconds')}
        hint={t('mailServer.timeoutHint')}
        onChange={timeoutSeconds => onChange({ ...values, timeoutSeconds })}
      />
    </EditorSection>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { FormEvent, ReactNode } from 'react';
import Button from '@material-ui/core/Button';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { errorAt } from '../api/fieldErrors';
import { ButtonRow } from '../components/ButtonRow';
import { FormField } from '../components/FormField';
import { FolderField } from '../components/mailbox/FolderField';
import { KnownServerField } from '../components/mailbox/KnownServerField';
import {
  actsAlone,
  choiceOf,
  PASSWORD,
  StoredPassword,
} from '../components/mailbox/mailboxForm';
import type { MailboxFormProps } from '../components/mailbox/MailboxFormProps';
import { PresetPicker } from '../components/mailbox/PresetPicker';
import { ServerFields } from '../components/mailbox/ServerFields';
import { SignInFields } from '../components/mailbox/SignInFields';
import { Stack } from '../components/Stack';
import { incomingMailTranslationRef } from '../translation';
import type { ChannelFormValues } from './channelForm';
import { MoreChannelFields } from './MoreChannelFields';

const useStyles = makeStyles(
  theme => ({ root: { maxWidth: 720, padding: theme.spacing(2) } }),
  { name: 'IncomingMailChannelFields' },
);

/** Props of {@link ChannelFields}. */
export interface ChannelFieldsProps
  extends MailboxFormProps<ChannelFormValues> {
  isNew: boolean;
  storedPassword: StoredPassword;
  busy: boolean;
  /** What happened to the last attempt. */
  notice?: ReactNode;
  /** Called in the click or key press itself, so that a popup may open. */
  onSubmit: () => void;
  onCancel?: () => void;
}

/** The fields of a channel. */
export function ChannelFields(props: ChannelFieldsProps) {
  const { values, choices, errors, onChange, isNew, busy } = props;
  const form = { values, choices, errors, onChange, folders: props.folders };
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const isPassword = values.signIn === PASSWORD;
  const isAlone = actsAlone(values, choices);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onSubmit();
  };

  return (
    <Paper variant="outlined" className={classes.root}>
      {/* The schema judges; see the integration's editor. */}
      <form onSubmit={submit} noValidate>
        <Stack>
          <AddressField {...form} />
          <Typography variant="body2" color="textSecondary">
            {t('mailbox.presetHint')}
          </Typography>
          <PresetPicker {...form} />
          <SignInFields {...form} storedPassword={props.storedPassword} />
          {isPassword && <ServerFields {...form} />}
          {choiceOf(values, choices) && <KnownServerField {...form} />}
          <FolderField {...form} />
          <MoreChannelFields {...form} />
          {props.notice}
          <ButtonRow>
            <Button
              type="submit"
              variant="contained"
              color="primary"
              disabled={busy}
            >
              {t(submitLabel(isNew, isPassword || isAlone))}
            </Button>
            {props.onCancel && (
              <Button onClick={props.onCancel} disabled={busy}>
                {t('common.cancel')}
              </Button>
            )}
          </ButtonRow>
          {isNew && !isPassword && (
            <Typography variant="body2" color="textSecondary">
              {t(
                isAlone ? 'channel.form.connectHint' : 'channel.form.popupHint',
              )}
            </Typography>
          )}
        </Stack>
      </form>
    </Paper>
  );
}

function submitLabel(isNew: boolean, connects: boolean) {
  if (!isNew) {
    return 'channel.form.update' as const;
  }
  return connects
    ? ('channel.form.saveAndConnect' as const)
    : ('channel.form.saveAndAuthorize' as const);
}

function AddressField(props: MailboxFormProps<ChannelFormValues>) {
  const { values, choices, errors, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const domains = choiceOf(values, choices)?.allowedDomains ?? [];
  return (
    <FormField
      id="incoming-mail-address"
      label={t('mailbox.address')}
      type="email"
      value={values.address}
      error={errorAt(errors, 'address')}
      hint={
        domains.length > 0
          ? t('mailbox.addressDomains', { domains: domains.join(', ') })
          : t('mailbox.addressHint')
      }
      onChange={address => onChange({ ...values, address })}
      required
    />
  );
}

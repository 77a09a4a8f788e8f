// SPDX-License-Identifier: Apache-2.0
import { FormEvent, ReactNode } from 'react';
import Button from '@material-ui/core/Button';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { IntegrationChoice } from '@postroom/plugin-incoming-mail-common';
import { errorAt, FieldErrors } from '../api/fieldErrors';
import { ButtonRow } from '../components/ButtonRow';
import { FormField } from '../components/FormField';
import { Stack } from '../components/Stack';
import { incomingMailTranslationRef } from '../translation';
import {
  ChannelFormValues,
  serverKey,
  serversOf,
  withIntegration,
} from './channelForm';

const useStyles = makeStyles(
  theme => ({ root: { maxWidth: 720, padding: theme.spacing(2) } }),
  { name: 'IncomingMailChannelFields' },
);

/** Props of {@link ChannelFields}. */
export interface ChannelFieldsProps {
  values: ChannelFormValues;
  choices: readonly IntegrationChoice[];
  errors: FieldErrors;
  /** Whether saving leads to the provider's window. */
  authorizes: boolean;
  /** Whether nobody has to consent, so that no window opens. */
  actsAlone: boolean;
  busy: boolean;
  /** What happened to the last attempt. */
  notice?: ReactNode;
  onChange: (values: ChannelFormValues) => void;
  /** Called in the click or key press itself, so that a popup may open. */
  onSubmit: () => void;
  onCancel?: () => void;
}

/** The fields of a channel. */
export function ChannelFields(props: ChannelFieldsProps) {
  const { values, choices, errors, authorizes, actsAlone, busy } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const servers = serversOf(choices, values.integrationId);
  const domains = choices.find(
    ({ id }) => id === values.integrationId,
  )?.allowedDomains;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onSubmit();
  };

  return (
    <Paper variant="outlined" className={classes.root}>
      {/* The schema judges; see the integration's editor. */}
      <form onSubmit={submit} noValidate>
        <Stack>
          <FormField
            id="incoming-mail-address"
            label={t('channel.form.address')}
            type="email"
            value={values.address}
            error={errorAt(errors, 'address')}
            hint={
              domains && domains.length > 0
                ? t('channel.form.addressDomains', {
                    domains: domains.join(', '),
                  })
                : t('channel.form.addressHint')
            }
            onChange={address => props.onChange({ ...values, address })}
            required
          />
          <FormField
            id="incoming-mail-integration"
            label={t('channel.form.integration')}
            value={values.integrationId}
            error={
              errorAt(errors, 'integration') ??
              errorAt(errors, 'authentication')
            }
            onChange={integrationId =>
              props.onChange(withIntegration(values, integrationId, choices))
            }
            options={
              <>
                <option value="" disabled>
                  {t('channel.form.choose')}
                </option>
                {choices.map(({ id, name, ready }) => (
                  <option key={id} value={id} disabled={!ready}>
                    {ready
                      ? name
                      : t('channel.form.integrationNotReady', { name })}
                  </option>
                ))}
              </>
            }
            required
          />
          <FormField
            id="incoming-mail-server"
            label={t('channel.form.server')}
            value={values.server}
            error={errorAt(errors, 'server')}
            hint={
              values.integrationId !== '' && servers.length === 0
                ? t('channel.form.serverNone')
                : t('channel.form.serverHint')
            }
            onChange={server => props.onChange({ ...values, server })}
            disabled={servers.length === 0}
            options={
              <>
                <option value="" disabled>
                  {t('channel.form.choose')}
                </option>
                {servers.map(server => (
                  <option key={serverKey(server)} value={serverKey(server)}>
                    {server.host}:{server.port} (
                    {t(`channel.security.${server.security}`)})
                  </option>
                ))}
              </>
            }
            required
          />
          <FormField
            id="incoming-mail-folder"
            label={t('channel.form.folder')}
            value={values.folder}
            error={errorAt(errors, 'folder')}
            hint={t('channel.form.folderHint')}
            onChange={folder => props.onChange({ ...values, folder })}
          />
          {props.notice}
          <ButtonRow>
            <Button
              type="submit"
              variant="contained"
              color="primary"
              disabled={busy}
            >
              {t(submitLabel(props))}
            </Button>
            {props.onCancel && (
              <Button onClick={props.onCancel} disabled={busy}>
                {t('common.cancel')}
              </Button>
            )}
          </ButtonRow>
          {authorizes && (
            <Typography variant="body2" color="textSecondary">
              {t(
                actsAlone
                  ? 'channel.form.connectHint'
                  : 'channel.form.popupHint',
              )}
            </Typography>
          )}
        </Stack>
      </form>
    </Paper>
  );
}

function submitLabel({ authorizes, actsAlone }: ChannelFieldsProps) {
  if (!authorizes) {
    return 'channel.form.save' as const;
  }
  return actsAlone
    ? ('channel.form.saveAndConnect' as const)
    : ('channel.form.saveAndAuthorize' as const);
}

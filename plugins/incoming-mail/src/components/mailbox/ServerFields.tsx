// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { makeStyles } from '@material-ui/core/styles';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  MailHost,
  mailHostSchema,
} from '@postroom/plugin-incoming-mail-common';
import { errorAt } from '../../api/fieldErrors';
import { incomingMailTranslationRef } from '../../translation';
import { FormField } from '../FormField';
import { Notice } from '../Notice';
import {
  choiceOf,
  MailboxFormValues,
  problemsOf,
  serversOf,
  withKnownServer,
  withServer,
} from './mailboxForm';
import type { MailboxFormProps } from './MailboxFormProps';
import { serverKey } from './serverRow';
import { useProblemWords } from './useProblemWords';

const useStyles = makeStyles(
  theme => ({
    root: {
      display: 'grid',
      gridTemplateColumns: '110px minmax(0, 1fr) 100px 190px',
      gap: theme.spacing(1.5),
      alignItems: 'start',
      [theme.breakpoints.down('sm')]: {
        gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
      },
    },
  }),
  { name: 'IncomingMailServerFields' },
);

const protocols = mailHostSchema.shape.protocol.options;
const securities = mailHostSchema.shape.security.options;

/** The server as it is typed, once the mail service has filled in what is known. */
export function ServerFields<V extends MailboxFormValues>(
  props: MailboxFormProps<V>,
) {
  const { values, errors, choices, onChange } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { protocol, host, port, security } = values.server;
  const granted = choiceOf(values, choices)?.protocols;
  const change = (part: Parameters<typeof withServer>[1]) =>
    onChange({ ...values, ...withServer(values, part) });
  return (
    <>
      <div className={classes.root}>
        <FormField
          id="incoming-mail-protocol"
          label={t('mailbox.protocol')}
          value={protocol}
          error={errorAt(errors, 'server.protocol')}
          onChange={value => change({ protocol: chosen(protocols, value) })}
          options={protocols.map(option => (
            <option
              key={option}
              value={option}
              disabled={granted && !granted.includes(option)}
            >
              {granted && !granted.includes(option)
                ? t('mailbox.protocolNotGranted', {
                    protocol: option.toUpperCase(),
                  })
                : option.toUpperCase()}
            </option>
          ))}
        />
        <FormField
          id="incoming-mail-host"
          label={t('mailbox.host')}
          value={host}
          error={errorAt(errors, 'server.host')}
          onChange={value => change({ host: value })}
          required
        />
        <FormField
          id="incoming-mail-port"
          label={t('mailbox.port')}
          value={port}
          error={errorAt(errors, 'server.port')}
          onChange={value => change({ port: value })}
          required
        />
        <FormField
          id="incoming-mail-security"
          label={t('mailbox.security')}
          value={security}
          error={errorAt(errors, 'server.security')}
          onChange={value => change({ security: chosen(securities, value) })}
          options={securitiesOf(protocol).map(option => (
            <option key={option} value={option}>
              {t(`editor.security.${option}`)}
            </option>
          ))}
        />
      </div>
      <ServerProblems {...props} />
    </>
  );
}

/** What stands against the server, told while it is typed. */
function ServerProblems<V extends MailboxFormValues>(
  props: MailboxFormProps<V>,
) {
  const { values, errors, choices, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const words = useProblemWords();
  const problems = problemsOf(values, choices).filter(
    ({ field }) => field === 'server',
  );
  if (problems.length === 0) {
    return errors.server ? (
      <Notice severity="error" title={errorAt(errors, 'server') ?? ''} />
    ) : null;
  }
  return (
    <Notice
      severity="warning"
      title={words(problems[0])}
      actions={serversOf(choices, values.signIn).map(server => (
        <Button
          key={serverKey(server)}
          size="small"
          variant="outlined"
          onClick={() =>
            onChange({ ...values, ...withKnownServer(values, server) })
          }
        >
          {t('mailbox.useServer', {
            protocol: server.protocol.toUpperCase(),
            host: server.host,
            port: String(server.port),
          })}
        </Button>
      ))}
    />
  );
}

function securitiesOf(protocol: MailHost['protocol']) {
  return securities.filter(
    security => protocol === 'imap' || security !== 'starttls',
  );
}

/** The option that a native choice, which knows only text, stands at. */
function chosen<T extends string>(
  options: readonly T[],
  value: string,
): T | undefined {
  return options.find(option => option === value);
}

// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { errorAt } from '../../api/fieldErrors';
import { incomingMailTranslationRef } from '../../translation';
import { FormField } from '../FormField';
import {
  choiceOf,
  MailboxFormValues,
  serversOf,
  withKnownServer,
} from './mailboxForm';
import type { MailboxFormProps } from './MailboxFormProps';
import { fromServerRow, serverKey } from './serverRow';

/** The server as one of those that the chosen integration lists. */
export function KnownServerField<V extends MailboxFormValues>(
  props: MailboxFormProps<V>,
) {
  const { values, errors, choices, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const choice = choiceOf(values, choices);
  const usable = serversOf(choices, values.signIn).map(serverKey);
  const current = serverKey(fromServerRow(values.server));
  return (
    <FormField
      id="incoming-mail-server"
      label={t('mailbox.server')}
      value={usable.includes(current) ? current : ''}
      error={errorAt(errors, 'server')}
      hint={
        choice && usable.length === 0
          ? t('mailbox.serverNone')
          : t('mailbox.serverHint')
      }
      disabled={usable.length === 0}
      onChange={key => {
        const server = choice?.mailHosts.find(host => serverKey(host) === key);
        if (server) {
          onChange({ ...values, ...withKnownServer(values, server) });
        }
      }}
      options={
        <>
          <option value="" disabled>
            {t('mailbox.choose')}
          </option>
          {choice?.mailHosts.map(server => {
            const key = serverKey(server);
            const words = `${server.protocol.toUpperCase()} ${server.host}:${
              server.port
            } (${t(`mailbox.encryption.${server.security}`)})`;
            return (
              <option key={key} value={key} disabled={!usable.includes(key)}>
                {usable.includes(key)
                  ? words
                  : t('mailbox.serverNotGranted', { server: words })}
              </option>
            );
          })}
        </>
      }
      required
    />
  );
}

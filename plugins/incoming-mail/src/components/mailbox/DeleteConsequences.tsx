// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Channel } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../translation';

/** Props of {@link DeleteConsequences}. */
export interface DeleteConsequencesProps {
  mailbox: Pick<Channel, 'address' | 'authentication' | 'counts'>;
  /** What stays of what was made of the mail. */
  remains: string;
}

/** What goes with a mailbox, and what stays. */
export function DeleteConsequences(props: DeleteConsequencesProps) {
  const { mailbox, remains } = props;
  const { address, authentication, counts } = mailbox;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const unfinished = counts.waiting + counts.held;
  return (
    <ul style={{ margin: 0, paddingLeft: 20 }}>
      <li>{t('mailbox.delete.reading', { address })}</li>
      <li>{t(`mailbox.delete.${authentication.method}`)}</li>
      <li>{t('mailbox.delete.stored', { count: counts.stored })}</li>
      {unfinished > 0 && (
        <li>{t('mailbox.delete.unfinished', { count: unfinished })}</li>
      )}
      <li>{t('mailbox.delete.untouched')}</li>
      <li>{remains}</li>
    </ul>
  );
}

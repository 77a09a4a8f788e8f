// SPDX-License-Identifier: Apache-2.0
import type { IntegrationChoice } from '@postroom/plugin-incoming-mail-common';
import type { FieldErrors } from '../../api/fieldErrors';
import type { MailboxFormValues } from './mailboxForm';

/** What every part of a mailbox's form works on. */
export interface MailboxFormProps<
  V extends MailboxFormValues = MailboxFormValues,
> {
  values: V;
  /** The integrations that may be chosen. */
  choices: readonly IntegrationChoice[];
  errors: FieldErrors;
  onChange: (values: V) => void;
}

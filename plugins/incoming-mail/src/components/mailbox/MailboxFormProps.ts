// SPDX-License-Identifier: Apache-2.0
import type { IntegrationChoice } from '@postroom/plugin-incoming-mail-common';
import type { FieldErrors } from '../../api/fieldErrors';
import type { FolderListing } from './FolderListing';
import type { MailboxFormValues } from './mailboxForm';

/** What every part of a mailbox's form works on. */
export interface MailboxFormProps<
  V extends MailboxFormValues = MailboxFormValues,
> {
  values: V;
  /** The integrations that may be chosen. */
  choices: readonly IntegrationChoice[];
  errors: FieldErrors;
  /** See {@link FolderListing}; absent where the server cannot be asked yet. */
  folders?: FolderListing;
  onChange: (values: V) => void;
}

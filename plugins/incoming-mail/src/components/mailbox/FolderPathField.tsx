// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { incomingMailTranslationRef } from '../../translation';
import { ErrorAlert } from '../ErrorAlert';
import { FormField, FormFieldProps } from '../FormField';
import { Stack } from '../Stack';
import type { FolderListing } from './FolderListing';

/** Props of {@link FolderPathField}. */
export interface FolderPathFieldProps extends FormFieldProps {
  /** Absent where there is nobody to ask for folders yet. */
  folders?: FolderListing;
}

/**
 * The name of a folder. It can be typed, or chosen of those that the server
 * has: a server lists them only to whom it lets in, which may still fail.
 */
export function FolderPathField(props: FolderPathFieldProps) {
  const { folders, ...field } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  // The purposes of RFC 6154 section 2, and imapflow's name for the inbox.
  const purposes = new Map([
    ['\\Inbox', t('mailbox.folderUse.inbox')],
    ['\\All', t('mailbox.folderUse.all')],
    ['\\Archive', t('mailbox.folderUse.archive')],
    ['\\Drafts', t('mailbox.folderUse.drafts')],
    ['\\Flagged', t('mailbox.folderUse.flagged')],
    ['\\Junk', t('mailbox.folderUse.junk')],
    ['\\Sent', t('mailbox.folderUse.sent')],
    ['\\Trash', t('mailbox.folderUse.trash')],
  ]);
  const labelOf = (path: string, specialUse = '') => {
    const purpose = purposes.get(specialUse);
    return purpose && `${path} (${purpose})`;
  };
  const state = folders?.state;
  const found =
    state?.status === 'done'
      ? state.value?.items.filter(({ selectable }) => selectable)
      : undefined;
  return (
    <Stack>
      <FormField
        {...field}
        hint={
          found
            ? t('mailbox.foldersFound', { count: found.length })
            : field.hint
        }
        suggestions={found?.map(({ path, specialUse }) => ({
          value: path,
          title: labelOf(path, specialUse),
        }))}
      />
      {folders && (
        <div>
          <Button
            size="small"
            disabled={state?.status === 'busy'}
            onClick={folders.list}
          >
            {t(
              state?.status === 'busy'
                ? 'mailbox.listingFolders'
                : 'mailbox.listFolders',
            )}
          </Button>
        </div>
      )}
      {state?.status === 'failed' && <ErrorAlert error={state.error} />}
    </Stack>
  );
}

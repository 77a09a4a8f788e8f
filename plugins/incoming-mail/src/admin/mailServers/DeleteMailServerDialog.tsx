// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { MailServer } from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { DeleteConsequences } from '../../components/mailbox/DeleteConsequences';
import { useAction } from '../../hooks/useAction';
import { incomingMailTranslationRef } from '../../translation';

/** Props of {@link DeleteMailServerDialog}. */
export interface DeleteMailServerDialogProps {
  /** The one to delete; the dialog is closed without. */
  server: MailServer | undefined;
  onDeleted: () => void;
  onClose: () => void;
}

/** Says what goes with a mail server before it is deleted. */
export function DeleteMailServerDialog(props: DeleteMailServerDialogProps) {
  const { server, onDeleted, onClose } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const [deleting, remove, reset] = useAction(async (mailServerId: string) => {
    await api.call('deleteMailServer', { params: { mailServerId } });
    onDeleted();
  });
  return (
    <ConfirmDialog
      open={server !== undefined}
      title={t('mailServers.deleteDialog.title', { name: server?.name ?? '' })}
      text={
        server && (
          <DeleteConsequences
            mailbox={server}
            remains={t('mailServers.deleteDialog.remains')}
          />
        )
      }
      confirmLabel={t('common.delete')}
      busy={deleting.status === 'busy'}
      error={deleting.status === 'failed' ? deleting.error : undefined}
      onConfirm={() => server && remove(server.id)}
      onClose={() => {
        reset();
        onClose();
      }}
    />
  );
}

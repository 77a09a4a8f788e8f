// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { MailImport } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../translation';
import { FailureAlert } from '../FailureAlert';
import { Notice } from '../Notice';

/** Props of {@link ImportNotice}. */
export interface ImportNoticeProps {
  lastImport: MailImport | undefined;
  /** Absent where the person may not. */
  onCancel?: () => void;
}

/** How far an import of older mail is, while that is worth a word. */
export function ImportNotice({ lastImport, onCancel }: ImportNoticeProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  if (lastImport?.state === 'failed' && lastImport.failure) {
    return <FailureAlert failure={lastImport.failure} />;
  }
  if (lastImport?.state !== 'waiting' && lastImport?.state !== 'running') {
    return null;
  }
  const { found, imported } = lastImport;
  return (
    <Notice
      severity="info"
      title={t('import.running')}
      actions={
        onCancel && (
          <Button size="small" onClick={onCancel}>
            {t('import.cancel')}
          </Button>
        )
      }
    >
      {found === undefined
        ? t('import.waiting')
        : t('import.progress', {
            imported: imported.toLocaleString(),
            found: found.toLocaleString(),
          })}
    </Notice>
  );
}

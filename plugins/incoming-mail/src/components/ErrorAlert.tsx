// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { kindOfError, sentenceOfError } from '../api/errorKind';
import { incomingMailTranslationRef } from '../translation';
import { Notice } from './Notice';

/** Props of {@link ErrorAlert}. */
export interface ErrorAlertProps {
  error: Error;
  onRetry?: () => void;
  onClose?: () => void;
}

/** What a call to the backend threw, in words for the person at the page. */
export function ErrorAlert({ error, onRetry, onClose }: ErrorAlertProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const kind = kindOfError(error);
  return (
    <Notice
      severity="error"
      title={t(`error.${kind}.title`)}
      onClose={onClose}
      actions={
        onRetry && (
          <Button size="small" variant="outlined" onClick={onRetry}>
            {t('common.retry')}
          </Button>
        )
      }
    >
      {sentenceOfError(error) ?? t(`error.${kind}.text`)}
    </Notice>
  );
}

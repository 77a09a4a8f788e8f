// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { kindOfError, sentenceOfError } from '../../api/errorKind';
import { fieldErrorsOf } from '../../api/fieldErrors';
import { ErrorAlert } from '../../components/ErrorAlert';
import { Notice } from '../../components/Notice';
import { incomingMailTranslationRef } from '../../translation';

/** Props of {@link SaveNotice}. */
export interface SaveNoticeProps {
  /** Whether the form was refused before it was sent. */
  invalid: boolean;
  /** Why the backend did not take it. */
  error?: Error;
  /** Reads again what is stored, for a change in between. */
  onReload?: () => void;
}

/** Why the integration was not saved, above the button that was pressed. */
export function SaveNotice({ invalid, error, onReload }: SaveNoticeProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const fieldsMarked = Object.keys(fieldErrorsOf(error)).length > 0;
  if (invalid || fieldsMarked) {
    return <Notice severity="error" title={t('editor.invalid')} />;
  }
  if (!error) {
    return null;
  }
  if (onReload && kindOfError(error) === 'conflict') {
    return (
      <Notice
        severity="error"
        title={t('editor.changedMeanwhile')}
        actions={
          <Button size="small" variant="outlined" onClick={onReload}>
            {t('common.reload')}
          </Button>
        }
      >
        {sentenceOfError(error)}
      </Notice>
    );
  }
  return <ErrorAlert error={error} />;
}

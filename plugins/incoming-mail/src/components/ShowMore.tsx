// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { incomingMailTranslationRef } from '../translation';
import { ErrorAlert } from './ErrorAlert';

/** Props of {@link ShowMore}. */
export interface ShowMoreProps {
  /** Absent when all rows are shown. */
  onShowMore: (() => void) | undefined;
  busy: boolean;
  error?: Error;
}

/** The button below a list that has more rows. */
export function ShowMore({ onShowMore, busy, error }: ShowMoreProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <>
      {error && <ErrorAlert error={error} />}
      {onShowMore && (
        <div>
          <Button
            size="small"
            variant="outlined"
            disabled={busy}
            onClick={onShowMore}
          >
            {t('common.showMore')}
          </Button>
        </div>
      )}
    </>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { incomingMailTranslationRef } from '../translation';
import { ErrorAlert } from './ErrorAlert';
import { LoadingRows } from './LoadingRows';
import { Notice } from './Notice';
import { Stack } from './Stack';

/** Props of {@link LoadedView}. */
export interface LoadedViewProps<T> {
  /** Structurally a `Loaded` of the hooks. */
  loaded: (
    | { status: 'loading' }
    | { status: 'failed'; error: Error }
    | { status: 'ready'; value: T; refreshError?: Error }
  ) & { reload: () => void };
  children: (value: T) => ReactNode;
}

/**
 * The three faces of something that is read: on its way, failed with a way to
 * try again, there.
 */
export function LoadedView<T>({ loaded, children }: LoadedViewProps<T>) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  switch (loaded.status) {
    case 'loading':
      return <LoadingRows />;
    case 'failed':
      return <ErrorAlert error={loaded.error} onRetry={loaded.reload} />;
    default:
      return (
        <Stack>
          {loaded.refreshError && (
            <Notice severity="warning" title={t('common.outdated')} />
          )}
          {children(loaded.value)}
        </Stack>
      );
  }
}

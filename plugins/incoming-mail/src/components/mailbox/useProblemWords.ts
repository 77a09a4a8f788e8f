// SPDX-License-Identifier: Apache-2.0
import { useCallback } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { MailSetupProblem } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../translation';

/** Says why a way to read a mailbox cannot work, in the page's language. */
export function useProblemWords(): (problem: MailSetupProblem) => string {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return useCallback(
    ({ code, subject }: MailSetupProblem) =>
      t(`mailSetupProblem.${code}`, { subject: subject ?? '' }),
    [t],
  );
}

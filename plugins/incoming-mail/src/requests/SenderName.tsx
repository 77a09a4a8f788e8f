// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Sender } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../translation';

/** Props of {@link SenderName}. */
export interface SenderNameProps {
  sender: Sender;
  /** Whether the address is shown beside the name. */
  withAddress?: boolean;
}

/**
 * Who wrote, as the mail says. Each part is isolated (`bdi`), so that right-to-
 * left characters in a name cannot rearrange the address behind it.
 */
export function SenderName({ sender, withAddress }: SenderNameProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { name, address } = sender;
  if (name && address && withAddress) {
    return (
      <>
        <bdi>{name}</bdi> &lt;<bdi>{address}</bdi>&gt;
      </>
    );
  }
  return <bdi>{name || address || t('request.unknownSender')}</bdi>;
}

// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { VaultStatus } from '@postroom/plugin-incoming-mail-common';
import { Notice } from '../../components/Notice';
import { useEndpoint } from '../../hooks/useEndpoint';
import { incomingMailTranslationRef } from '../../translation';

/**
 * How far a change of the vault's key is, for as long as there is one. Says
 * nothing where it cannot be read: the list below has its own words for a
 * backend that is down, and a missing right needs none.
 */
export function VaultKeysNotice() {
  const status = useEndpoint('getVaultStatus', {});
  return status.status === 'ready' ? <Keys status={status.value} /> : null;
}

function Keys({ status }: { status: VaultStatus }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const used = status.keys.filter(({ sealedRecords }) => sealedRecords > 0);
  const missing = used.filter(({ configured }) => !configured);
  if (missing.length > 0) {
    return (
      <Notice severity="error" title={t('integrations.vault.missing')}>
        {t('integrations.vault.missingText', {
          count: recordsOf(missing),
          kids: namesOf(missing),
        })}
      </Notice>
    );
  }
  const former = used.filter(({ kid }) => kid !== status.primaryKid);
  return used.length > 1 ? (
    <Notice severity="info" title={t('integrations.vault.rotating')}>
      {t('integrations.vault.rotatingText', {
        count: recordsOf(former),
        total: String(recordsOf(used)),
        kids: namesOf(former),
        primary: status.primaryKid,
      })}
    </Notice>
  ) : null;
}

type Key = VaultStatus['keys'][number];

function recordsOf(keys: readonly Key[]): number {
  return keys.reduce((sum, { sealedRecords }) => sum + sealedRecords, 0);
}

function namesOf(keys: readonly Key[]): string {
  return keys.map(({ kid }) => `“${kid}”`).join(', ');
}

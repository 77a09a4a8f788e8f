// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { VaultStatus } from '@postroom/plugin-incoming-mail-common';
import { Keyring } from '../../secrets';
import { SealedRecordStore } from './SealedRecordStore';

/** How far a change of the vault's key is. */
export async function readVaultStatus(options: {
  records: SealedRecordStore;
  keyring: Keyring;
}): Promise<VaultStatus> {
  const { records, keyring } = options;
  const counts = await records.countByKid(keyring.kids);
  return {
    primaryKid: keyring.primaryKid,
    keys: [...counts].map(([kid, sealedRecords]) => ({
      kid,
      configured: keyring.kids.includes(kid),
      sealedRecords,
    })),
  };
}

/**
 * Says once, at the start, which keys are missing. No reason not to start: what
 * other keys open works, and the mailboxes concerned say `vault-key-missing`
 * themselves, with their records untouched.
 */
export async function reportMissingKeys(options: {
  records: SealedRecordStore;
  keyring: Keyring;
  logger: LoggerService;
  /** Where the keys are configured. */
  configPath: string;
}): Promise<void> {
  const { logger, configPath } = options;
  const { keys } = await readVaultStatus(options);
  const missing = keys.filter(({ configured }) => !configured);
  if (missing.length > 0) {
    const names = missing.map(
      ({ kid, sealedRecords }) => `${kid} (${sealedRecords} records)`,
    );
    logger.error(
      `Stored secrets are sealed with vault keys that are not configured: ${names.join(
        ', ',
      )}. Put them back under ${configPath}, behind the first one; nothing stored is changed meanwhile.`,
    );
  }
}

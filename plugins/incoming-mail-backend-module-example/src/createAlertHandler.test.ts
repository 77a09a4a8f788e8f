// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  aMessage,
  mailHandlerContract,
} from '@postroom/plugin-incoming-mail-node/testUtils';
import { createAlertHandler } from './createAlertHandler';
import { migrateAlerts } from './migrateAlerts';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

async function openDatabase() {
  const db = await databases.init('SQLITE_3');
  await migrateAlerts({ getClient: async () => db });
  return db;
}

const anAlert = (subject: string) =>
  aMessage().from('alerts@corp.example').subject(subject);

mailHandlerContract({
  createHandler: createAlertHandler,
  openDatabase,
  settings: { sender: 'alerts@corp.example' },
  refusedSettings: [{ sender: 'everybody' }],
  wantedMail: n => anAlert(`[FIRING:1] DiskFull (host ${n})`),
  unwantedMail: () => aMessage().subject('Hello'),
  countEffects: async db => (await db('example_alerts')).length,
});

describe('createAlertHandler', () => {
  it('keeps one row per alert, in its latest state', async () => {
    const db = await openDatabase();
    const handler = createAlertHandler();
    for (const subject of [
      '[FIRING:1] DiskFull (checkout)',
      '[FIRING:2] HighLatency',
      '[RESOLVED] DiskFull (checkout)',
      'Weekly report',
    ]) {
      await db.transaction(tx =>
        handler.handle(anAlert(subject).build(), {
          tx,
          mailbox: { id: 'm', address: 'alerts-in@corp.example' },
          settings: { sender: 'alerts@corp.example' },
        } as Parameters<typeof handler.handle>[1]),
      );
    }

    const rows = await db('example_alerts').orderBy('name');
    expect(rows).toMatchObject([
      { name: 'DiskFull (checkout)', state: 'resolved' },
      { name: 'HighLatency', state: 'firing' },
    ]);
  });
});

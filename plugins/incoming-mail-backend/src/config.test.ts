// SPDX-License-Identifier: Apache-2.0
import { ConfigReader } from '@backstage/config';
import { readIncomingMailConfig } from './config';

const DAY = 86_400_000;

const read = (incomingMail?: object) =>
  readIncomingMailConfig(
    new ConfigReader({
      app: { baseUrl: 'https://portal.test/some/path' },
      ...(incomingMail && { incomingMail }),
    } as ConstructorParameters<typeof ConfigReader>[0]),
  );

describe('readIncomingMailConfig', () => {
  it('has a default for everything but the vault keys', () => {
    expect(read()).toEqual({
      vaultKeys: [],
      oauth: { returnOrigins: ['https://portal.test'], crossSite: false },
      portal: { title: 'Backstage', url: 'https://portal.test/some/path' },
      polling: {
        intervalMs: 60_000,
        tickMs: 1_000,
        concurrency: 64,
        visitTimeoutMs: 600_000,
        messagesPerVisit: 2000,
        idleConnections: 200,
      },
      processing: { concurrency: 4, handlerTimeoutMs: 30_000, threads: 1 },
      messages: { maxBytes: 26_214_400, maxWaiting: 5_000 },
      leases: { durationMs: 60_000 },
      retention: {
        rawMailMs: 90 * DAY,
        heldMailMs: 365 * DAY,
        journalMs: 90 * DAY,
        noticesMs: 365 * DAY,
      },
      egress: { allowPrivate: [], extraCa: [] },
      development: { allowPlaintextLoopback: false },
    });
  });

  it('reads what is set', () => {
    const config = read({
      vault: { keys: [{ kid: 'a', secret: 'b' }] },
      oauth: { returnOrigins: ['https://other.test:8443/'] },
      polling: { interval: { minutes: 2 }, concurrency: 1 },
      leases: { duration: { seconds: 10 } },
    });
    expect(config.vaultKeys).toEqual([{ kid: 'a', secret: 'b' }]);
    expect(config.oauth.returnOrigins).toEqual([
      'https://portal.test',
      'https://other.test:8443',
    ]);
    expect(config.polling).toMatchObject({ intervalMs: 120_000 });
    // A handler must end well within the lease that its transaction holds.
    expect(config.processing.handlerTimeoutMs).toBe(5_000);
  });

  it.each<[string, object]>([
    ['polling.concurrency', { polling: { concurrency: 1.5 } }],
    ['polling.messagesPerVisit', { polling: { messagesPerVisit: 0 } }],
    ['messages.maxWaiting', { messages: { maxWaiting: 0 } }],
    ['messages.maxBytes', { messages: { maxBytes: 1e12 } }],
    ['leases.duration', { leases: { duration: { milliseconds: 1 } } }],
    ['polling.interval', { polling: { interval: { parsecs: 1 } } }],
    ['oauth.returnOrigins', { oauth: { returnOrigins: ['portal'] } }],
    ['retention.journal', { retention: { journal: { hours: 1 } } }],
    [
      'retention.heldMail',
      { retention: { rawMail: { days: 30 }, heldMail: { days: 29 } } },
    ],
    ['vault.keys[0].secret', { vault: { keys: [{ kid: 'a' }] } }],
    [
      'processing.handlerTimeout',
      {
        processing: { handlerTimeout: { seconds: 40 } },
        leases: { duration: { seconds: 60 } },
      },
    ],
  ])('names incomingMail.%s when it is wrong', (path, incomingMail) => {
    expect(() => read(incomingMail)).toThrow(`incomingMail.${path}`);
  });
});

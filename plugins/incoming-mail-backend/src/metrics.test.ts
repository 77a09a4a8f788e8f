// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MetricsService } from '@backstage/backend-plugin-api/alpha';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { createMetrics } from './metrics';

type Callback = (result: {
  observe(value: number): void;
}) => void | Promise<void>;

/** Keeps what instruments are told, by their names. */
function recordMetrics() {
  const told: Array<[name: string, value: number, attributes?: object]> = [];
  const callbacks: Array<[string, Callback]> = [];
  const names: string[] = [];
  const instrument = (name: string) => {
    names.push(name);
    const tell = (value: number, attributes?: object) =>
      void told.push([name, value, attributes]);
    return {
      add: tell,
      record: tell,
      addCallback: (callback: Callback) => callbacks.push([name, callback]),
    };
  };
  const metrics = createMetrics(
    new Proxy({}, { get: () => instrument }) as unknown as MetricsService,
  );
  const collect = async () => {
    const seen: Record<string, number> = {};
    for (const [name, callback] of callbacks) {
      await callback({
        observe: value => {
          seen[name] = value;
        },
      });
    }
    return seen;
  };
  return { metrics, told, names, collect };
}

describe('createMetrics', () => {
  const acceptedAt = new Date(performance.timeOrigin + performance.now());
  const ago = (ms: number) => new Date(acceptedAt.getTime() - ms);

  it('measures how old mail is when it became something, and no other mail', () => {
    const { metrics, told } = recordMetrics();
    const age = () =>
      told.splice(0).find(([name]) => name === 'incoming_mail.messages.age');
    metrics.messageEnded('done', { acceptedAt, receivedAt: ago(90_000) });
    const [, seconds, attributes] = age()!;
    expect(Math.round(seconds / 10)).toBe(9);
    expect(attributes).toEqual({ outcome: 'done' });
    metrics.messageEnded('done', { acceptedAt, receivedAt: ago(-90_000) });
    expect(age()![1]).toBe(0);
    for (const outcome of ['postponed', 'aborted', 'quarantined', 'held']) {
      metrics.messageEnded(outcome, { acceptedAt });
      expect(age()).toBeUndefined();
    }
    metrics.messageEnded('done', { acceptedAt: ago(1e9), imported: true });
    expect(age()).toBeUndefined();
  });

  it('counts renewals by how they end, and passes the end on', async () => {
    const { metrics, told } = recordMetrics();
    const failure = new MailFailure('client-refused', 's3cret');
    expect(await metrics.tokenRefresh(async () => 'token')).toBe('token');
    for (const error of [failure, new Error('s3cret')]) {
      const renewal = metrics.tokenRefresh(async () => {
        throw error;
      });
      await expect(renewal).rejects.toBe(error);
    }
    expect(told.map(([, , attributes]) => attributes)).toEqual([
      { outcome: 'renewed' },
      { outcome: 'client-refused' },
      { outcome: 'internal-error' },
    ]);
    metrics.visitLeaseLost();
    metrics.messageEnded('lease-lost', { acceptedAt });
    expect(
      told.filter(([name]) => name === 'incoming_mail.leases.lost'),
    ).toHaveLength(2);
  });

  it('reads the backlog once for all gauges, and reports none that it cannot read', async () => {
    const { metrics, collect } = recordMetrics();
    let reads = 0;
    metrics.watchBacklog(async () => {
      reads += 1;
      return { count: 7, oldestAgeMs: 90_000 };
    });
    const expected = {
      'incoming_mail.messages.waiting': 7,
      'incoming_mail.messages.waiting.age': 90,
    };
    expect(await collect()).toEqual(expected);
    expect(await collect()).toEqual(expected);
    expect(reads).toBe(1);

    const away = recordMetrics();
    away.metrics.watchBacklog(async () => {
      throw new Error('The database is away');
    });
    expect(await away.collect()).toEqual({});
  });

  it('makes the instruments that the guide for operators lists', () => {
    const { names } = recordMetrics();
    const guide = readFileSync(
      resolve(__dirname, '../../../docs/operate.md'),
      'utf8',
    );
    const listed = [...guide.matchAll(/^\| `(incoming_mail\.[\w.]+)` /gm)];
    expect(listed.map(([, name]) => name).sort()).toEqual(names.sort());
  });
});

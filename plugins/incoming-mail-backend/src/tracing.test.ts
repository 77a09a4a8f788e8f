// SPDX-License-Identifier: Apache-2.0
import { tracingServiceMock } from '@backstage/backend-test-utils/alpha';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { createTracing } from './tracing';

describe('createTracing', () => {
  const setUp = () => {
    const service = tracingServiceMock.mock();
    const calls = () =>
      service.startActiveSpan.mock.calls.map(([name]) => name);
    return { service, tracing: createTracing(service), calls };
  };

  it('says of a visit how it ended, and gives its outcome on', async () => {
    const { service, tracing } = setUp();
    const outcome = { kind: 'failed', failure: 'login-refused', detail: 'x@y' };
    const mailbox = { server: { protocol: 'imap', host: 'imap.corp.test' } };
    expect(await tracing.visit(mailbox, async () => outcome)).toBe(outcome);
    const [name, options] = service.startActiveSpan.mock.calls[0];
    expect([name, options]).toEqual([
      'incoming_mail.visit',
      { attributes: { 'incoming_mail.protocol': 'imap' } },
    ]);
    expect(service.spans[0].setAttribute.mock.calls).toEqual([
      ['incoming_mail.outcome', 'failed'],
      ['incoming_mail.failure', 'login-refused'],
    ]);
  });

  it('lets no error into a span, and has it go on around it (T19)', async () => {
    const { service, tracing, calls } = setUp();
    const passed: unknown[] = [];
    service.startActiveSpan.mockImplementation(async (...args: unknown[]) => {
      const work = args.at(-1) as (span: unknown) => Promise<void>;
      const span = { setAttribute: jest.fn(), setStatus: jest.fn() };
      passed.push(await work(span), span);
    });
    const error = new MailFailure(
      'client-refused',
      'the provider said: s3cret',
    );
    const failing = async () => {
      throw error;
    };
    for (const run of [tracing.store, tracing.handle, tracing.tokenRefresh]) {
      await expect(run(failing)).rejects.toBe(error);
    }
    expect(calls()).toEqual([
      'incoming_mail.store',
      'incoming_mail.handle',
      'incoming_mail.token_refresh',
    ]);
    const spans = passed.filter(Boolean) as Array<{
      setAttribute: jest.Mock;
      setStatus: jest.Mock;
    }>;
    expect(spans).toHaveLength(3);
    for (const { setAttribute, setStatus } of spans) {
      expect(setAttribute.mock.calls).toEqual([
        ['incoming_mail.failure', 'client-refused'],
      ]);
      expect(setStatus.mock.calls).toEqual([[{ code: 'error' }]]);
    }
  });
});

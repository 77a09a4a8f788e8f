// SPDX-License-Identifier: Apache-2.0
import {
  TracingService,
  TracingServiceAttributes,
} from '@backstage/backend-plugin-api/alpha';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';

type Work<T> = () => Promise<T>;

/**
 * Every span of the plugin. The platform's tracing service is still alpha: this
 * file is the only one that knows it. Attributes are small closed sets
 * (protocol, outcome, failure code), as in the metrics.
 *
 * The service would write the message of whatever error passes through a span
 * into it, and such a message can hold what a server or a provider said. So no
 * error does: a span is marked as failed, and the error goes on around it.
 */
export function createTracing(service: TracingService) {
  async function traced<T>(
    name: string,
    attributes: TracingServiceAttributes,
    work: Work<T>,
    describe: (result: T) => TracingServiceAttributes = () => ({}),
  ): Promise<T> {
    let end = undefined as { result: T } | { error: unknown } | undefined;
    await service.startActiveSpan(name, { attributes }, async span => {
      const note = (facts: TracingServiceAttributes) =>
        Object.entries(facts).forEach(
          ([key, value]) =>
            value !== undefined &&
            span.setAttribute(`incoming_mail.${key}`, value),
        );
      try {
        const result = await work();
        note(describe(result));
        end = { result };
      } catch (error) {
        note({
          failure: MailFailure.is(error) ? error.code : 'internal-error',
        });
        span.setStatus({ code: 'error' });
        end = { error };
      }
    });
    if (end && 'result' in end) {
      return end.result;
    }
    throw end?.error;
  }

  return {
    /** A visit of a mailbox, from signing in to taking leave. */
    visit<T extends { kind: string; failure?: string }>(
      { server }: { server: { protocol: string } },
      work: Work<T>,
    ): Promise<T> {
      const { protocol } = server;
      return traced(
        'incoming_mail.visit',
        { 'incoming_mail.protocol': protocol },
        work,
        ({ kind: outcome, failure }) => ({ outcome, failure }),
      );
    },
    /** A batch of a visit that is stored, in one transaction. */
    store<T>(work: Work<T>): Promise<T> {
      return traced('incoming_mail.store', {}, work);
    },
    /** The waiting mail of a mailbox, as far as it is handled in one go. */
    handle<T>(work: Work<T>): Promise<T> {
      return traced('incoming_mail.handle', {}, work);
    },
    /** A token that is renewed at its provider. */
    tokenRefresh<T>(work: Work<T>): Promise<T> {
      return traced('incoming_mail.token_refresh', {}, work);
    },
  };
}

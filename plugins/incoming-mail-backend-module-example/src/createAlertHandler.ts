// SPDX-License-Identifier: Apache-2.0
import { mailAddressSchema } from '@postroom/plugin-incoming-mail-common';
import { MailHandler } from '@postroom/plugin-incoming-mail-node';
import { z } from 'zod';

const settingsSchema = z.object({ sender: mailAddressSchema });

// As Prometheus Alertmanager writes it: "[FIRING:2] DiskFull (checkout)".
const SUBJECT = /^\[(FIRING|RESOLVED)(?::\d+)?\] ([\w ./():-]{1,150})$/;

/** Keeps a list of a monitoring system's alerts, each firing or resolved. */
export function createAlertHandler(): MailHandler<
  z.infer<typeof settingsSchema>
> {
  return {
    id: 'example-alerts',
    title: 'Keep a list of alerts',
    description: 'One row per alert, which is firing or resolved.',
    fields: [
      {
        name: 'sender',
        title: 'Address of the monitoring system',
        kind: 'text',
        required: true,
      },
    ],
    supportsDryRun: true,
    parseSettings: settings => settingsSchema.parse(settings),

    async handle(message, { tx, mailbox, settings }) {
      // Tells alerts from other mail, no more: anyone can write any sender.
      if (message.from?.address?.toLowerCase() !== settings.sender) {
        return { kind: 'ignored', reason: 'Not from the monitoring system' };
      }
      const [, state, name] = SUBJECT.exec(message.subject) ?? [];
      if (name === undefined) {
        return { kind: 'ignored', reason: 'The subject names no alert' };
      }
      // Through `tx` alone, so each mail takes effect exactly once. Mail of a
      // mailbox comes in order: the last one is right.
      await tx('example_alerts')
        .insert({
          mailbox_id: mailbox.id,
          name,
          state: state.toLowerCase(),
          changed_at: message.acceptedAt.getTime(),
        })
        .onConflict(['mailbox_id', 'name'])
        .merge();
      return { kind: 'created', target: `alert:${name}` };
    },
  };
}

// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { NotificationService } from '@backstage/plugin-notifications-node';
import { toSafeError } from '../database';
import { Notice, NoticeStore } from './NoticeStore';

/** Brings a notice to its recipients. */
export interface Notifier {
  /** @param id - the same where the same notice is sent a second time */
  notify(notice: Notice, id: string): Promise<void>;
}

/**
 * Through the portal's notifications. In a host that has not installed them
 * sending fails, and the log says what was to be told.
 */
export function createPortalNotifier(
  notifications: NotificationService,
): Notifier {
  return {
    async notify({ recipientRef, title, description, link, severity }, id) {
      await notifications.send({
        recipients: { type: 'entity', entityRef: recipientRef },
        payload: {
          title,
          description,
          link,
          severity,
          topic: 'incoming-mail',
          // By this the portal shows a second one in place of the first.
          scope: `incoming-mail:${id}`,
        },
      });
    },
  };
}

const BATCH = 100;

/** Longer than the portal takes for one; then its sender is taken for dead. */
const HOLD_MS = 120_000;

/**
 * Sends what waits, one bounded run. A notice whose sender dies is sent again,
 * maybe a second time. One that the portal does not take is not: it may have
 * arrived, and the page says the same for as long as it is true.
 */
export async function sendNotices(options: {
  notices: NoticeStore;
  notifier: Notifier;
  logger: LoggerService;
}): Promise<void> {
  const { notices, notifier, logger } = options;
  for (const id of await notices.listWaiting(BATCH)) {
    const notice = await notices.take(id, HOLD_MS);
    if (!notice) {
      continue;
    }
    try {
      await notifier.notify(notice, id);
    } catch (error) {
      logger.warn('A notice could not be sent', {
        recipientRef: notice.recipientRef,
        title: notice.title,
        reason: toSafeError(error).message,
      });
    }
    await notices.markSent(id);
  }
}

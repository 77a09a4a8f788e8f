// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { NotificationService } from '@backstage/plugin-notifications-node';
import { toSafeError } from '../database';
import { Notice, NoticeStore } from './NoticeStore';

/** Brings a notice to its recipients. */
export interface Notifier {
  notify(notice: Notice): Promise<void>;
}

/**
 * Through the portal's notifications. In a host that has not installed them
 * sending fails, and the log says what was to be told.
 */
export function createPortalNotifier(
  notifications: NotificationService,
): Notifier {
  return {
    async notify({ recipientRef, title, description, link, severity }) {
      await notifications.send({
        recipients: { type: 'entity', entityRef: recipientRef },
        payload: {
          title,
          description,
          link,
          severity,
          topic: 'incoming-mail',
        },
      });
    },
  };
}

const BATCH = 100;

/**
 * Sends what waits, one bounded run. Each notice is tried once: one that may
 * have arrived is not sent again, and the page says the same for as long as it
 * is true.
 */
export async function sendNotices(options: {
  notices: NoticeStore;
  notifier: Notifier;
  logger: LoggerService;
}): Promise<void> {
  const { notices, notifier, logger } = options;
  for (const notice of await notices.takeWaiting(BATCH)) {
    try {
      await notifier.notify(notice);
    } catch (error) {
      logger.warn('A notice could not be sent', {
        recipientRef: notice.recipientRef,
        title: notice.title,
        reason: toSafeError(error).message,
      });
    }
  }
}

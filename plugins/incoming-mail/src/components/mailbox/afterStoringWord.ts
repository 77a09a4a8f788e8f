// SPDX-License-Identifier: Apache-2.0
import type {
  AfterStoring,
  MailHost,
} from '@postroom/plugin-incoming-mail-common';

/**
 * By which word an action goes. POP3 knows no flags (RFC 1939): where a mail
 * would be marked as read, it is left alone.
 */
export function afterStoringWord(
  protocol: MailHost['protocol'],
  action: AfterStoring['action'],
) {
  return protocol === 'pop3' && action === 'mark-read' ? 'leave' : action;
}

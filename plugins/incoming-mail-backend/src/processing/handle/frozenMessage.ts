// SPDX-License-Identifier: Apache-2.0
import { IncomingMessage } from '@postroom/plugin-incoming-mail-node';

/**
 * A mail as one handler gets it: deeply frozen, however it came here, so that
 * no handler can change what the next one sees. Dates cannot be frozen and are
 * copied; bytes cannot either, and are shared, because they may be many.
 */
export function frozenMessage(message: IncomingMessage): IncomingMessage {
  const { acceptedAt, sentAt } = message;
  const copy = {
    ...message,
    acceptedAt: new Date(acceptedAt),
    ...(sentAt && { sentAt: new Date(sentAt) }),
  };
  freezeDeeply(copy);
  return copy;
}

function freezeDeeply(value: unknown): void {
  if (
    typeof value === 'object' &&
    value !== null &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof Date)
  ) {
    Object.freeze(value);
    Object.values(value).forEach(freezeDeeply);
  }
}

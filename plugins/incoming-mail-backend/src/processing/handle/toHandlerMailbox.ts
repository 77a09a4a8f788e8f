// SPDX-License-Identifier: Apache-2.0
import { HandlerMailbox } from '@postroom/plugin-incoming-mail-node';
import { Mailbox } from '../../mailboxes';

/** What handlers know of a mailbox. */
export function toHandlerMailbox(mailbox: Mailbox): HandlerMailbox {
  const { id, address, projectRef } = mailbox;
  return Object.freeze({
    id,
    address,
    ...(projectRef !== undefined && { projectRef }),
  });
}

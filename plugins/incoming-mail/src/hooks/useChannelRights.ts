// SPDX-License-Identifier: Apache-2.0
import { usePermission } from '@backstage/plugin-permission-react';
import {
  channelAuthorizePermission,
  channelCreatePermission,
  channelDeletePermission,
  channelUpdatePermission,
  messageReadRawPermission,
  messageRunPermission,
} from '@postroom/plugin-incoming-mail-common';

/** What the person may do with a project's channel. */
export interface ChannelRights {
  readonly create: boolean;
  readonly update: boolean;
  readonly delete: boolean;
  readonly authorize: boolean;
  readonly readRaw: boolean;
  /** Have held mails handled again. */
  readonly run: boolean;
}

/**
 * Which buttons are shown. The backend decides on its own what is done.
 * `undefined` until all answers are there, so that nothing flickers.
 */
export function useChannelRights(
  projectRef: string,
): ChannelRights | undefined {
  const resourceRef = projectRef;
  const create = usePermission({
    permission: channelCreatePermission,
    resourceRef,
  });
  const update = usePermission({
    permission: channelUpdatePermission,
    resourceRef,
  });
  const remove = usePermission({
    permission: channelDeletePermission,
    resourceRef,
  });
  const authorize = usePermission({
    permission: channelAuthorizePermission,
    resourceRef,
  });
  const readRaw = usePermission({
    permission: messageReadRawPermission,
    resourceRef,
  });
  const run = usePermission({ permission: messageRunPermission, resourceRef });
  return [create, update, remove, authorize, readRaw, run].some(
    ({ loading }) => loading,
  )
    ? undefined
    : {
        create: create.allowed,
        update: update.allowed,
        delete: remove.allowed,
        authorize: authorize.allowed,
        readRaw: readRaw.allowed,
        run: run.allowed,
      };
}

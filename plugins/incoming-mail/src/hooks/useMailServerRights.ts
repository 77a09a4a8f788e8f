// SPDX-License-Identifier: Apache-2.0
import { usePermission } from '@backstage/plugin-permission-react';
import {
  mailServerAuthorizePermission,
  mailServerCreatePermission,
  mailServerDeletePermission,
  mailServerReadRawPermission,
  mailServerRunPermission,
  mailServerUpdatePermission,
} from '@postroom/plugin-incoming-mail-common';

/** What the person may do with the mail servers. */
export interface MailServerRights {
  readonly create: boolean;
  readonly update: boolean;
  readonly delete: boolean;
  readonly authorize: boolean;
  /** Download the mails themselves. */
  readonly readRaw: boolean;
  /** Have held mails handled again. */
  readonly run: boolean;
}

/** Which buttons are shown. The backend decides on its own what is done. */
export function useMailServerRights(): MailServerRights {
  const create = usePermission({ permission: mailServerCreatePermission });
  const update = usePermission({ permission: mailServerUpdatePermission });
  const remove = usePermission({ permission: mailServerDeletePermission });
  const authorize = usePermission({
    permission: mailServerAuthorizePermission,
  });
  const readRaw = usePermission({ permission: mailServerReadRawPermission });
  const run = usePermission({ permission: mailServerRunPermission });
  return {
    create: create.allowed,
    update: update.allowed,
    delete: remove.allowed,
    authorize: authorize.allowed,
    readRaw: readRaw.allowed,
    run: run.allowed,
  };
}

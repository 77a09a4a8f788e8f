// SPDX-License-Identifier: Apache-2.0
import { usePermission } from '@backstage/plugin-permission-react';
import {
  mailServerAuthorizePermission,
  mailServerCreatePermission,
  mailServerDeletePermission,
  mailServerUpdatePermission,
} from '@postroom/plugin-incoming-mail-common';

/** What the person may do with the mail servers. */
export interface MailServerRights {
  readonly create: boolean;
  readonly update: boolean;
  readonly delete: boolean;
  readonly authorize: boolean;
}

/** Which buttons are shown. The backend decides on its own what is done. */
export function useMailServerRights(): MailServerRights {
  const create = usePermission({ permission: mailServerCreatePermission });
  const update = usePermission({ permission: mailServerUpdatePermission });
  const remove = usePermission({ permission: mailServerDeletePermission });
  const authorize = usePermission({
    permission: mailServerAuthorizePermission,
  });
  return {
    create: create.allowed,
    update: update.allowed,
    delete: remove.allowed,
    authorize: authorize.allowed,
  };
}

// SPDX-License-Identifier: Apache-2.0
import type { FolderList } from '@postroom/plugin-incoming-mail-common';
import type { ActionState } from '../../hooks/useAction';

/** The folders that the mail server has, once they were asked for. */
export interface FolderListing {
  /** Done with nothing where the form could not be sent. */
  state: ActionState<FolderList | undefined>;
  list: () => void;
}

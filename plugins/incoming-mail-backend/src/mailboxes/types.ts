// SPDX-License-Identifier: Apache-2.0
import {
  AfterStoring,
  Authentication,
  ChannelState,
  Failure,
  MailHost,
} from '@postroom/plugin-incoming-mail-common';

/** An account on a mail server that is read; a channel when it has a project. */
export interface Mailbox {
  readonly id: string;
  /** The project whose channel it is; absent for a mail server. */
  readonly projectRef?: string;
  readonly version: number;
  readonly address: string;
  readonly server: MailHost;
  readonly folder: string;
  readonly authentication: Authentication;
  readonly afterStoring: AfterStoring;
  /** Why the server refused that last; absent where it did not. */
  readonly afterStoringRefusal?: string;
  readonly state: ChannelState;
  readonly failure?: Failure;
  /** How many visits failed in a row. */
  readonly failedVisits: number;
  readonly readingSince?: Date;
  readonly lastVisitAt?: Date;
  readonly lastSuccessAt?: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Which handler gets a mailbox's mail, in order of position. */
export interface HandlerBinding {
  readonly id: string;
  readonly handlerId: string;
  /** As they are stored; whoever calls the handler judges them. */
  readonly settings: unknown;
}

// SPDX-License-Identifier: Apache-2.0
import {
  AfterStoring,
  AfterStoringRefusal,
  ChannelState,
  Failure,
  MailHost,
} from '@postroom/plugin-incoming-mail-common';

/** How a mailbox is signed in to, without what signs in. */
export type MailboxAuthentication =
  | { readonly method: 'oauth'; readonly integrationId: string }
  | {
      readonly method: 'password';
      /** Absent: the address. */
      readonly userName?: string;
    };

/** Which password a mailbox has; the password itself is opened by its store. */
export interface StoredPassword {
  /** Another one for each password that was entered. */
  readonly id: string;
  readonly updatedAt: Date;
}

/** An account on a mail server that is read; a channel when it has a project. */
export interface Mailbox {
  readonly id: string;
  /** The project whose channel it is; absent for a mail server. */
  readonly projectRef?: string;
  /** Of a mail server. */
  readonly name?: string;
  readonly description?: string;
  readonly version: number;
  readonly address: string;
  readonly server: MailHost;
  readonly folder: string;
  readonly authentication: MailboxAuthentication;
  readonly password?: StoredPassword;
  /** Further addresses whose mail arrives in it. */
  readonly aliases: readonly string[];
  readonly afterStoring: AfterStoring;
  /** Why the server refused that last; absent where it did not. */
  readonly afterStoringRefusal?: AfterStoringRefusal;
  /** How long connecting, or a command, may take; absent: as usual. */
  readonly timeoutSeconds?: number;
  /** How it is doing; while it is paused, how it was. */
  readonly state: Exclude<ChannelState, 'paused'>;
  readonly failure?: Failure;
  /** How many visits failed in a row. */
  readonly failedVisits: number;
  /** How often in a row the server refused the stored password. */
  readonly refusedSignIns: number;
  /** Nothing is fetched or handled since. */
  readonly pausedAt?: Date;
  readonly readingSince?: Date;
  readonly lastVisitAt?: Date;
  readonly lastSuccessAt?: Date;
  /** What the last visit left on the server for the next one, at most. */
  readonly leftOnServer?: number;
  /** Since when nothing new is fetched, as too much waits for handling. */
  readonly heldBackAt?: Date;
  /** Where it is settings of a mail server that are not saved yet. */
  readonly draft?: DraftFacts;
  /** Who set it up: an entity ref. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What makes a mailbox a draft, which is never read and never listed. */
export interface DraftFacts {
  /** Who opened it: the only person to whom it exists. */
  readonly owner: string;
  /** The mail server that it changes; absent for a new one. */
  readonly serverId?: string;
  readonly serverVersion?: number;
  /** The last test that passed, and what exactly was tested. */
  readonly test?: { readonly at: Date; readonly fingerprint: string };
}

/** Which handler gets a mailbox's mail, in order of position. */
export interface HandlerBinding {
  readonly id: string;
  readonly handlerId: string;
  /** As they are stored; whoever calls the handler judges them. */
  readonly settings: unknown;
}

// SPDX-License-Identifier: Apache-2.0
import { MailHost } from '@postroom/plugin-incoming-mail-common';
import { PinnedAddress } from '../egress';
import { SessionTimeouts } from './sessionTimeouts';
import { SessionCredentials, SessionOptions } from './types';

/** What a session of either protocol is made with, once its host is judged. */
export interface ConnectOptions {
  readonly server: MailHost;
  /** Where the server is; nothing else is connected to. */
  readonly addresses: readonly PinnedAddress[];
  readonly credentials: SessionCredentials;
  readonly signal: AbortSignal;
  readonly onStage?: SessionOptions['onStage'];
  /** PEM certificates of authorities that are trusted besides Node's. */
  readonly ca?: readonly string[];
  /** The largest mail that is ever fetched whole. */
  readonly maxMessageBytes: number;
  readonly timeouts: SessionTimeouts;
}

// SPDX-License-Identifier: Apache-2.0
import { createApiRef } from '@backstage/core-plugin-api';
import type {
  EndpointInput,
  EndpointName,
  EndpointReply,
  endpoints,
} from '@postroom/plugin-incoming-mail-common';

type Endpoints = typeof endpoints;

/** The names of endpoints whose reply is a file. */
export type DownloadName = 'downloadMessage' | 'downloadMailServerMessage';

// A part of the input may be left out where nothing in it is required.
type InputPart<K extends string, V> = undefined extends V
  ? { [P in K]?: V }
  : {} extends V
  ? { [P in K]?: V }
  : { [P in K]: V };

/** What a call to the endpoint `N` takes; empty parts are left out. */
export type CallInput<N extends EndpointName> = InputPart<
  'params',
  EndpointInput<Endpoints[N]>['params']
> &
  InputPart<'query', EndpointInput<Endpoints[N]>['query']> &
  InputPart<'body', EndpointInput<Endpoints[N]>['body']>;

/** What a call to the endpoint `N` gives: its reply, or the file. */
export type CallReply<N extends EndpointName> = N extends DownloadName
  ? Blob
  : EndpointReply<Endpoints[N]>;

/** How a call can be given up before its deadline. */
export interface CallOptions {
  signal?: AbortSignal;
}

/**
 * The plugin's backend, as pages see it.
 */
export interface IncomingMailApi {
  /**
   * Calls one endpoint of the table and checks what comes back.
   *
   * @throws ResponseError for any status but success
   */
  call<N extends EndpointName>(
    name: N,
    input: CallInput<N>,
    options?: CallOptions,
  ): Promise<CallReply<N>>;

  /**
   * Has the backend give this browser its cookie, by which a popup, which can
   * send no token, is recognised as the signed-in person's.
   */
  issueCookie(options?: CallOptions): Promise<void>;

  /** The only origin from which a popup's message is listened to. */
  getBackendOrigin(): Promise<string>;
}

/** See {@link IncomingMailApi}. */
export const incomingMailApiRef = createApiRef<IncomingMailApi>({
  id: 'plugin.incoming-mail.service',
});

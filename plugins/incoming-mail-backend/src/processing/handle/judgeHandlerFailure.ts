// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { toOneLine } from '../parse/boundedText';
import { HandlerMissingError, HandlerSettingsError } from './HandlerRegistry';
import { HandlerAbortedError, HandlerTimedOutError } from './runHandler';

/** Why a binding is not done with a mail. */
export interface HandlerFailure {
  readonly failure: FailureCode;
  /** A sentence for the mail log. */
  readonly reason: string;
  /** Whether only a person can mend it: another attempt would fail alike. */
  readonly isFinal: boolean;
}

const MAX_REASON_LENGTH = 300;

/**
 * Says what an error means. What a handler's error says may be part of the
 * mail, so the mail log gets a sentence of ours and the backend's log the
 * error; only what is said of settings goes through, for whoever bound the
 * handler has to read it.
 *
 * @param wasCalled - whether the handler itself was called before it failed
 */
export function judgeHandlerFailure(
  error: unknown,
  handlerId: string,
  wasCalled: boolean,
): HandlerFailure {
  if (error instanceof HandlerMissingError) {
    return {
      failure: 'handler-missing',
      reason: `${handlerId}: not installed. Install the module that brings it, or bind another handler`,
      isFinal: true,
    };
  }
  if (error instanceof HandlerSettingsError) {
    return {
      failure: 'handler-settings-invalid',
      reason: toOneLine(
        `${handlerId}: its settings are not valid: ${error.message}`,
        MAX_REASON_LENGTH,
      ),
      isFinal: true,
    };
  }
  if (!wasCalled) {
    return {
      failure: 'internal-error',
      reason: 'Storing the result failed',
      isFinal: false,
    };
  }
  return error instanceof HandlerTimedOutError ||
    error instanceof HandlerAbortedError
    ? {
        failure: 'handler-timed-out',
        reason: `${handlerId}: did not end in time`,
        isFinal: false,
      }
    : {
        failure: 'handler-failed',
        reason: `${handlerId}: failed`,
        isFinal: false,
      };
}

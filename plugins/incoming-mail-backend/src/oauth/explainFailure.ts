// SPDX-License-Identifier: Apache-2.0
import {
  Check,
  FailureCode,
  failures,
  GrantType,
  ProviderId,
} from '@postroom/plugin-incoming-mail-common';
import { findProviderError } from './providerErrors';

/**
 * A failure as a failed check: what it means, in the words of the catalogue or
 * better ones where the detail holds a provider's error that we know, and who
 * mends it.
 */
export function explainFailure(
  failure: { readonly code: FailureCode; readonly detail?: string },
  options: {
    /** Given where the detail is a token endpoint's error. */
    provider?: ProviderId;
    /** What the token endpoint was asked for, as `findProviderError` has it. */
    grantType?: GrantType;
    /** Whether the reader may see what came back. Default: yes. */
    showDetail?: boolean;
  } = {},
): Omit<Check, 'id' | 'title'> {
  const { code, detail = '' } = failure;
  const { provider, grantType, showDetail = true } = options;
  const [, error, description] = /^([^:]*)(?:: (.*))?$/s.exec(detail) ?? [];
  const known =
    provider && findProviderError({ provider, grantType, error, description });
  const { title, remedy } = failures[code];
  const meaning = known?.meaning ?? title;
  return {
    verdict: 'failed',
    failure: code,
    detail: showDetail && detail ? `${meaning} (${detail})` : meaning,
    remedy: known?.remedy ?? remedy,
    link: known?.link,
  };
}

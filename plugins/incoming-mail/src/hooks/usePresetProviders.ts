// SPDX-License-Identifier: Apache-2.0
import type { ProviderDescription } from '@postroom/plugin-incoming-mail-common';
import { useEndpoint } from './useEndpoint';

const NONE: readonly ProviderDescription[] = [];

/**
 * The providers that backend modules bring; none until they are known, and
 * none where they are not to be had: the editor works without them.
 */
export function usePresetProviders(): readonly ProviderDescription[] {
  const loaded = useEndpoint('listProviders', {});
  return loaded.status === 'ready' ? loaded.value.items : NONE;
}

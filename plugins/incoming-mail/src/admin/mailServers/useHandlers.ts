// SPDX-License-Identifier: Apache-2.0
import type { HandlerDescription } from '@postroom/plugin-incoming-mail-common';
import { useEndpoint } from '../../hooks/useEndpoint';
import type { Loaded } from '../../hooks/useLoaded';

/** The handlers that this installation has. */
export function useHandlers(): Loaded<{
  items: readonly HandlerDescription[];
}> {
  return useEndpoint('listHandlers', {});
}

/** What people call a handler; its id, where none such is installed. */
export function useHandlerTitles(): (handlerId: string) => string {
  const handlers = useHandlers();
  const items = handlers.status === 'ready' ? handlers.value.items : [];
  // Nothing for a moment, rather than a word that changes into another.
  const unknown = (handlerId: string) =>
    handlers.status === 'loading' ? '' : handlerId;
  return handlerId =>
    items.find(({ id }) => id === handlerId)?.title ?? unknown(handlerId);
}

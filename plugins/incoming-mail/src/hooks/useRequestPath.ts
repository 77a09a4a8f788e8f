// SPDX-License-Identifier: Apache-2.0
import { RouteFunc, useRouteRef } from '@backstage/core-plugin-api';
import { emailRequestsRouteRef, requestRouteRef } from '../routes';

/**
 * The way to a request of the project whose page this is; absent where the
 * host does not have the tab *Requests*.
 */
export function useRequestPath(): ((number: number) => string) | undefined {
  const path = useOptionalRouteRef(requestRouteRef);
  return path && (number => path({ number: String(number) }));
}

/**
 * The way to the project's tab *Email requests*; absent where the host does
 * not have it.
 */
export function useEmailRequestsPath(): string | undefined {
  return useOptionalRouteRef(emailRequestsRouteRef)?.();
}

/** Like `useRouteRef`, for a page that a host may leave out. */
export function useOptionalRouteRef<
  P extends { [key in string]: string } | undefined,
>(routeRef: Parameters<typeof useRouteRef<P>>[0]): RouteFunc<P> | undefined {
  try {
    return useRouteRef<P>(routeRef) as RouteFunc<P> | undefined;
  } catch {
    // It throws after its last hook, so the order of hooks is the same, and
    // only where the route is not mounted.
    return undefined;
  }
}

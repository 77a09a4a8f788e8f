// SPDX-License-Identifier: Apache-2.0
import { isLoopback } from '../../egress';

/** Below the plugin's base URL; each integration has its own slug under it. */
export const CALLBACK_PATH = '/oauth/callback';

/**
 * Below the plugin's base URL; the page behind a link for a mailbox's owner.
 * Everything that begins with it can be reached without a sign-in.
 */
export const LINK_PATH = '/oauth/invite';

/** Below the plugin's base URL; where a popup begins. */
export const START_PATH = '/oauth/start';

/**
 * The redirect URL of one integration. Only made from the configured base URL
 * and a stored slug, never from a request: the provider compares it character
 * by character (RFC 9700 section 4.1), and one URL per integration keeps a
 * provider from answering in another's place (section 4.4).
 *
 * @param externalBaseUrl - of the plugin, such as
 *   `https://portal.example/api/incoming-mail`
 */
export function redirectUrl(externalBaseUrl: string, slug: string): string {
  return `${withoutTrailingSlash(externalBaseUrl)}${CALLBACK_PATH}/${slug}`;
}

/** Where the popup of a consent begins; the ticket works once. */
export function startUrl(externalBaseUrl: string, ticket: string): string {
  return `${withoutTrailingSlash(externalBaseUrl)}${START_PATH}/${ticket}`;
}

/**
 * A link for the owner of a mailbox. The secret stands in the fragment, which
 * browsers send to nobody: it is in no log and no referrer.
 */
export function linkUrl(externalBaseUrl: string, secret: string): string {
  return `${withoutTrailingSlash(externalBaseUrl)}${LINK_PATH}#${secret}`;
}

/**
 * Whether codes may travel to this base URL: over https, or without leaving
 * the machine (RFC 8252 section 8.3), which is for development.
 */
export function isSecureBaseUrl(externalBaseUrl: string): boolean {
  const { protocol } = new URL(externalBaseUrl);
  return protocol === 'https:' || isLoopbackUrl(externalBaseUrl);
}

/** Whether a URL's host is this very machine by its name or address. */
export function isLoopbackUrl(value: string): boolean {
  const host = new URL(value).hostname.replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || isLoopback(host);
}

function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

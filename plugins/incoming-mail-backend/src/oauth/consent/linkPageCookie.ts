// SPDX-License-Identifier: Apache-2.0
import { FlowCookie } from './flowCookie';

const LIFE_MS = 1_800_000;

/**
 * The cookie that ties the button of a link's page to the page. Strict: no
 * other site can press the button, even where a browser tells nothing of where
 * a form comes from.
 */
export function linkPageCookie(externalBaseUrl: string): FlowCookie {
  const secure = new URL(externalBaseUrl).protocol === 'https:';
  return {
    name: secure ? '__Host-incoming-mail-invite' : 'incoming-mail-invite',
    options: {
      httpOnly: true,
      secure,
      sameSite: 'strict',
      path: '/',
      maxAge: LIFE_MS,
    },
  };
}

// SPDX-License-Identifier: Apache-2.0
import {
  endpoints,
  RequestComment,
  requestReadPermission,
} from '@postroom/plugin-incoming-mail-common';
import { Authorizer, MountEndpoint, projectRefOf, whoMay } from '../http';
import { RequestStore } from './RequestStore';
import { safeHtml } from './safeHtml';

const audit = { none: 'reads what the page shows' };

/** What the routes need. */
export interface RequestRoutesOptions {
  readonly authorizer: Authorizer;
  readonly requests: RequestStore;
}

/** Mounts the requests of a project and their comments. */
export function mountRequestRoutes(
  mount: MountEndpoint,
  options: RequestRoutesOptions,
): void {
  const { requests, authorizer } = options;

  mount(endpoints.listRequests, {
    authorize: whoMay(authorizer, requestReadPermission),
    audit,
    async handle({ input }) {
      const page = await requests.list(projectRefOf(input.params), input.query);
      return { ...page, items: page.items.map(withSubject) };
    },
  });

  mount(endpoints.getRequest, {
    authorize: whoMay(authorizer, requestReadPermission),
    audit,
    async handle({ input }) {
      const request = await requests.getByNumber(
        projectRefOf(input.params),
        input.params.number,
      );
      return withSubject(withSafeHtml(request));
    },
  });

  mount(endpoints.listRequestComments, {
    authorize: whoMay(authorizer, requestReadPermission),
    audit,
    async handle({ input }) {
      const page = await requests.listComments(
        projectRefOf(input.params),
        input.params.number,
        input.query,
      );
      return { ...page, items: page.items.map(withSafeHtml) };
    },
  });
}

// Stored as it came: an empty subject is shown as one, not kept as one.
function withSubject<T extends { subject: string }>(shown: T): T {
  return { ...shown, subject: shown.subject || '(no subject)' };
}

function withSafeHtml<T extends RequestComment>(shown: T): T {
  return shown.html === undefined
    ? shown
    : { ...shown, html: safeHtml(shown.html) };
}

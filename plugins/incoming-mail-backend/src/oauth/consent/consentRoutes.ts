// SPDX-License-Identifier: Apache-2.0
import { endpoints } from '@postroom/plugin-incoming-mail-common';
import { MountEndpoint } from '../../http';
import { ConsentService } from './ConsentService';

/**
 * Needs no permission: the service finds a person's own consents only, and
 * others' are to them as if they did not exist.
 */
async function refuseNobody(): Promise<void> {}

/**
 * Mounts what the page asks while its popup is open. The endpoint that starts
 * a consent belongs to the channel.
 */
export function mountConsentRoutes(options: {
  mount: MountEndpoint;
  consents: ConsentService;
}): void {
  const { mount, consents } = options;

  mount(endpoints.getConsent, {
    authorize: refuseNobody,
    audit: { none: 'is polled while a popup is open' },
    handle: ({ input, userRef }) =>
      consents.getConsent(input.params.consentId, userRef),
  });

  mount(endpoints.claimConsent, {
    authorize: refuseNobody,
    audit: {
      event: 'consent-claim',
      severity: 'medium',
      meta: ({ params }) => ({ consentId: params.consentId }),
    },
    handle: ({ input, userRef }) =>
      consents.claimConsent({
        id: input.params.consentId,
        userRef,
        code: input.body.code,
      }),
  });

  mount(endpoints.cancelConsent, {
    authorize: refuseNobody,
    audit: {
      event: 'consent-cancel',
      severity: 'low',
      meta: ({ params }) => ({ consentId: params.consentId }),
    },
    handle: async ({ input, userRef }) => {
      await consents.cancelConsent(input.params.consentId, userRef);
      return undefined;
    },
  });
}

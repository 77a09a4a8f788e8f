// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  googleAudience,
  oauthProviders,
} from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../../translation';
import { scopesOf } from '../integrationForm';
import { GoogleAudienceNotice } from './GoogleAudienceNotice';
import type { GuideProps } from './GuideProps';
import { SetupGuide } from './SetupGuide';

/** How this portal is registered at Google, with what is pasted there. */
export function GoogleGuide(props: GuideProps) {
  const { values, redirectUrl } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const scopes = scopesOf(values);
  const redirectUrlCopy = {
    label: t('guide.copyItem.redirectUrl'),
    value: redirectUrl,
  };
  const scopesCopy = {
    label: t('guide.copyItem.scopes'),
    value: scopes.join('\n'),
  };
  return (
    <SetupGuide
      title={t('guide.google.title')}
      disclaimer={t('guide.google.disclaimer')}
      defaultOpen={props.defaultOpen}
      steps={[
        {
          title: t('guide.google.api.title'),
          text: t('guide.google.api.text'),
          link: {
            label: t('guide.google.api.link'),
            to: googleAudience.links.apiLibrary,
          },
        },
        {
          title: t('guide.google.client.title'),
          text: t('guide.google.client.text'),
          link: {
            label: t('guide.google.client.link'),
            to: oauthProviders.google.links.console ?? '',
          },
        },
        {
          title: t('guide.google.origins.title'),
          text: t('guide.google.origins.text'),
          copies: [
            {
              label: t('guide.copyItem.origin'),
              value: window.location.origin,
            },
          ],
        },
        {
          title: t('guide.google.redirectUrl.title'),
          text: t('guide.google.redirectUrl.text'),
          copies: [redirectUrlCopy],
        },
        {
          title: t('guide.google.redirectUris.title'),
          text: t('guide.google.redirectUris.text'),
          copies: [redirectUrlCopy],
        },
        {
          title: t('guide.google.consentScreen.title'),
          text: t('guide.google.consentScreen.text'),
          copies: [scopesCopy],
          link: {
            label: t('guide.google.consentScreen.link'),
            to: googleAudience.links.consentScreen,
          },
        },
        {
          title: t('guide.google.finish.title'),
          text: t('guide.google.finish.text'),
          copies: [scopesCopy],
        },
      ]}
    >
      <GoogleAudienceNotice />
    </SetupGuide>
  );
}

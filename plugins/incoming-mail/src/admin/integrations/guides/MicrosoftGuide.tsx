// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  microsoftAdminConsentUrl,
  microsoftClouds,
  microsoftRegistration,
  microsoftSharedTenants,
} from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../../translation';
import { scopesOf } from '../integrationForm';
import type { GuideProps } from './GuideProps';
import { SetupGuide } from './SetupGuide';

/** How this portal is registered in Azure, with what is pasted there. */
export function MicrosoftGuide(props: GuideProps) {
  const { values, redirectUrl } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { cloud, tenant } = values.microsoft ?? {
    cloud: 'global',
    tenant: 'common',
  };
  const scopes = scopesOf(values);
  const redirectUrlCopy = {
    label: t('guide.copyItem.redirectUrl'),
    value: redirectUrl,
  };
  return (
    <SetupGuide
      title={t('guide.microsoft.title')}
      disclaimer={t('guide.microsoft.disclaimer')}
      defaultOpen={props.defaultOpen}
      steps={[
        {
          title: t('guide.microsoft.redirectUrl.title'),
          text: t('guide.microsoft.redirectUrl.text'),
          copies: [redirectUrlCopy],
        },
        {
          title: t('guide.microsoft.register.title'),
          text: t('guide.microsoft.register.text'),
          link: {
            label: t('guide.microsoft.register.link'),
            to: microsoftClouds[cloud].portal,
          },
        },
        {
          title: t('guide.microsoft.accountTypes.title'),
          text: t('guide.microsoft.accountTypes.text'),
          note: microsoftSharedTenants.includes(tenant)
            ? t('guide.microsoft.accountTypes.multitenant', { tenant })
            : t('guide.microsoft.accountTypes.singleTenant', { tenant }),
          link: {
            label: t('common.learnMore'),
            to: microsoftRegistration.links.register,
          },
        },
        {
          title: t('guide.microsoft.platform.title'),
          text: t('guide.microsoft.platform.text'),
          note: t('guide.microsoft.platform.note', {
            hours: String(microsoftRegistration.singlePageRefreshTokenHours),
          }),
          copies: [redirectUrlCopy],
        },
        {
          title: t('guide.microsoft.permissions.title'),
          text: t('guide.microsoft.permissions.text'),
          note: t('guide.microsoft.permissions.note'),
          copies: scopes.map(permissionOf).map(name => ({
            label: t('guide.copyItem.permission', { name }),
            value: name,
          })),
        },
        {
          title: t('guide.microsoft.adminConsent.title'),
          text: t('guide.microsoft.adminConsent.text'),
          note: t('guide.microsoft.adminConsent.note'),
          copies: [
            {
              label: t('guide.copyItem.adminConsent'),
              value: microsoftAdminConsentUrl({
                tenant,
                cloud,
                clientId: values.clientId,
              }),
            },
          ],
          link: {
            label: t('guide.microsoft.adminConsent.link'),
            to: microsoftRegistration.links.adminConsent,
          },
        },
        {
          title: t('guide.microsoft.secret.title'),
          text: t('guide.microsoft.secret.text', {
            months: String(microsoftRegistration.secretMaxMonths),
          }),
        },
        {
          title: t('guide.microsoft.secretValue.title'),
          text: t('guide.microsoft.secretValue.text'),
          note: t('guide.microsoft.secretValue.note'),
        },
        {
          title: t('guide.microsoft.clientId.title'),
          text: t('guide.microsoft.clientId.text'),
        },
        {
          title: t('guide.microsoft.finish.title'),
          text: t('guide.microsoft.finish.text'),
          copies: [
            { label: t('guide.copyItem.scopes'), value: scopes.join('\n') },
          ],
        },
      ]}
    />
  );
}

/** A scope under the name that Azure's list has for it. */
function permissionOf(scope: string): string {
  return scope.slice(scope.lastIndexOf('/') + 1);
}

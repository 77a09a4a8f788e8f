// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  microsoftAdminConsentUrl,
  microsoftClouds,
  microsoftRegistration,
} from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../../translation';
import { scopesOf } from '../integrationForm';
import type { GuideProps } from './GuideProps';
import { SetupGuide } from './SetupGuide';

// As Azure's list of application permissions has them.
const permissions = ['IMAP.AccessAsApp', 'POP.AccessAsApp'];

/**
 * How this portal is registered in Azure and in Exchange Online to read
 * mailboxes in its own name.
 */
export function MicrosoftApplicationGuide(props: GuideProps) {
  const { values } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { cloud, tenant } = values.microsoft ?? {
    cloud: 'global',
    tenant: 'common',
  };
  const clientId = values.clientId.trim();
  const appId = clientId === '' ? '<client ID>' : clientId;
  const signs = values.clientAuthentication === 'private_key_jwt';
  return (
    <SetupGuide
      title={t('guide.microsoftApplication.title')}
      disclaimer={t('guide.microsoftApplication.disclaimer')}
      defaultOpen={props.defaultOpen}
      steps={[
        {
          title: t('guide.microsoftApplication.register.title'),
          text: t('guide.microsoftApplication.register.text'),
          link: {
            label: t('guide.microsoft.register.link'),
            to: microsoftClouds[cloud].portal,
          },
        },
        {
          title: t('guide.microsoftApplication.permissions.title'),
          text: t('guide.microsoftApplication.permissions.text'),
          note: t('guide.microsoftApplication.permissions.note'),
          copies: permissions.map(name => ({
            label: t('guide.copyItem.permission', { name }),
            value: name,
          })),
        },
        {
          title: t('guide.microsoftApplication.adminConsent.title'),
          text: t('guide.microsoftApplication.adminConsent.text'),
          copies: [
            {
              label: t('guide.copyItem.adminConsent'),
              value: microsoftAdminConsentUrl({ tenant, cloud, clientId }),
            },
          ],
          link: {
            label: t('guide.microsoft.adminConsent.link'),
            to: microsoftRegistration.links.adminConsent,
          },
        },
        signs
          ? {
              title: t('guide.microsoftApplication.certificate.title'),
              text: t('guide.microsoftApplication.certificate.text'),
            }
          : {
              title: t('guide.microsoft.secret.title'),
              text: t('guide.microsoftApplication.secret.text', {
                months: String(microsoftRegistration.secretMaxMonths),
              }),
              note: t('guide.microsoft.secretValue.note'),
            },
        {
          title: t('guide.microsoftApplication.ids.title'),
          text: t('guide.microsoftApplication.ids.text'),
        },
        {
          title: t('guide.microsoftApplication.servicePrincipal.title'),
          text: t('guide.microsoftApplication.servicePrincipal.text'),
          note: t('guide.microsoftApplication.servicePrincipal.note'),
          copies: [
            {
              label: t('guide.copyItem.servicePrincipal'),
              value: `New-ServicePrincipal -AppId ${appId} -ObjectId <object ID of the enterprise application>`,
            },
          ],
        },
        {
          title: t('guide.microsoftApplication.mailbox.title'),
          text: t('guide.microsoftApplication.mailbox.text'),
          note: t('guide.microsoftApplication.mailbox.note'),
          copies: [
            {
              label: t('guide.copyItem.mailboxPermission'),
              value: `Add-MailboxPermission -Identity <mailbox> -User <object ID of the enterprise application> -AccessRights FullAccess`,
            },
          ],
          link: {
            label: t('common.learnMore'),
            to: microsoftRegistration.links.applicationAccess,
          },
        },
        {
          title: t('guide.microsoft.finish.title'),
          text: t('guide.microsoftApplication.finish.text'),
          copies: [
            {
              label: t('guide.copyItem.scopes'),
              value: scopesOf(values).join('\n'),
            },
          ],
        },
      ]}
    />
  );
}

// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import { Link } from '@backstage/core-components';
import { useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { SectionHeading } from '../../components/SectionHeading';
import { mailServersRouteRef } from '../../routes';
import { incomingMailTranslationRef } from '../../translation';

/** Props of {@link MailServerHeading}. */
export interface MailServerHeadingProps {
  title: string;
  text?: string;
  actions?: ReactNode;
}

/** The heading of one mail server, with the way back to the list. */
export function MailServerHeading(props: MailServerHeadingProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const listPath = useRouteRef(mailServersRouteRef)();
  return (
    <>
      <Link to={listPath}>← {t('mailServer.back')}</Link>
      <SectionHeading {...props} />
    </>
  );
}

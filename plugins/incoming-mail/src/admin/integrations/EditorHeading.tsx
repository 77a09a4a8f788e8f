// SPDX-License-Identifier: Apache-2.0
import { Link } from '@backstage/core-components';
import { useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { SectionHeading } from '../../components/SectionHeading';
import { integrationsRouteRef } from '../../routes';
import { incomingMailTranslationRef } from '../../translation';

/** The heading of the editor, with the way back to the list. */
export function EditorHeading({ title }: { title: string }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const listPath = useRouteRef(integrationsRouteRef)();
  return (
    <>
      <Link to={listPath}>← {t('editor.back')}</Link>
      <SectionHeading title={title} />
    </>
  );
}

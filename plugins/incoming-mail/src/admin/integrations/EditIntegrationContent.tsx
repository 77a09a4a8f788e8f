// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { useApi, useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { usePermission } from '@backstage/plugin-permission-react';
import {
  integrationUpdatePermission,
  OAuthIntegration,
} from '@postroom/plugin-incoming-mail-common';
import { fieldErrorsOf, FieldErrors } from '../../api/fieldErrors';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { LoadedView } from '../../components/LoadedView';
import { Stack } from '../../components/Stack';
import { useAction } from '../../hooks/useAction';
import { useEndpoint } from '../../hooks/useEndpoint';
import { integrationsRouteRef } from '../../routes';
import { incomingMailTranslationRef } from '../../translation';
import { EditorHeading } from './EditorHeading';
import { IntegrationEditor, StoredSecret } from './IntegrationEditor';
import type { SavedState } from './IntegrationListContent';
import {
  fromIntegration,
  IntegrationFormValues,
  secretMustBeReentered,
  toUpdateIntegration,
} from './integrationForm';
import { RedirectUrlField } from './RedirectUrlField';
import { SaveNotice } from './SaveNotice';

/** The editor with the integration that the address names. */
export function EditIntegrationContent() {
  const { integrationId = '' } = useParams();
  const loaded = useEndpoint('getIntegration', { params: { integrationId } });
  return (
    <LoadedView loaded={loaded}>
      {integration => (
        // A reload after a conflict starts from what is stored now.
        <LoadedEditor
          key={integration.version}
          integration={integration}
          onReload={loaded.reload}
        />
      )}
    </LoadedView>
  );
}

function LoadedEditor(props: {
  integration: OAuthIntegration;
  onReload: () => void;
}) {
  const { integration } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const navigate = useNavigate();
  const listPath = useRouteRef(integrationsRouteRef)();
  const mayUpdate = usePermission({
    permission: integrationUpdatePermission,
  }).allowed;
  const [values, setValues] = useState(() => fromIntegration(integration));
  const [formErrors, setFormErrors] = useState<FieldErrors>();
  const [saving, save] = useAction(async () => {
    const verdict = toUpdateIntegration(
      values,
      integration,
      t('editor.clientSecretReenter'),
    );
    setFormErrors(verdict.kind === 'invalid' ? verdict.errors : undefined);
    if (verdict.kind === 'valid') {
      const { name, ready } = await api.call('updateIntegration', {
        params: { integrationId: integration.id },
        body: verdict.body,
      });
      const state: SavedState = { saved: { name, ready } };
      navigate(listPath, { state });
    }
  });
  const saveError = saving.status === 'failed' ? saving.error : undefined;

  return (
    <Stack>
      <EditorHeading
        title={t('editor.editTitle', { name: integration.name })}
      />
      <IntegrationEditor
        values={values}
        errors={formErrors ?? fieldErrorsOf(saveError)}
        isNew={false}
        storedSecret={storedSecretOf(integration, values)}
        redirectUrl={<RedirectUrlField redirectUrl={integration.redirectUrl} />}
        notice={
          <SaveNotice
            invalid={formErrors !== undefined}
            error={saveError}
            onReload={props.onReload}
          />
        }
        busy={saving.status === 'busy'}
        canSave={mayUpdate}
        cancelPath={listPath}
        onChange={setValues}
        onSave={save}
      />
    </Stack>
  );
}

function storedSecretOf(
  integration: OAuthIntegration,
  values: IntegrationFormValues,
): StoredSecret {
  if (!integration.clientSecret.set) {
    return 'none';
  }
  return secretMustBeReentered(integration, values) ? 'to-reenter' : 'kept';
}

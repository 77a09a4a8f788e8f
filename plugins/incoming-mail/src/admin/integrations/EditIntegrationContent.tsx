// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { makeStyles } from '@material-ui/core/styles';
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
import { usePresetProviders } from '../../hooks/usePresetProviders';
import { integrationsRouteRef } from '../../routes';
import { incomingMailTranslationRef } from '../../translation';
import { EditorHeading } from './EditorHeading';
import { IntegrationAlerts } from './IntegrationAlerts';
import { IntegrationEditor } from './IntegrationEditor';
import type { SavedState } from './IntegrationListContent';
import {
  fromIntegration,
  hasChanges,
  IntegrationFormValues,
  proofStored,
  secretMustBeReentered,
  toUpdateIntegration,
} from './integrationForm';
import { IntegrationTest } from './IntegrationTest';
import type { StoredSecret } from './RegistrationSection';
import { SaveNotice } from './SaveNotice';
import { SecretRotation } from './SecretRotation';

const useStyles = makeStyles(
  // As wide as the form below.
  { status: { maxWidth: 960 } },
  { name: 'IncomingMailEditIntegration' },
);

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
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const navigate = useNavigate();
  const listPath = useRouteRef(integrationsRouteRef)();
  const presets = usePresetProviders();
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
      const { id, name, ready } = await api.call('updateIntegration', {
        params: { integrationId: integration.id },
        body: verdict.body,
      });
      const state: SavedState = { saved: { id, name, ready } };
      navigate(listPath, { state });
    }
  });
  const saveError = saving.status === 'failed' ? saving.error : undefined;

  return (
    <Stack>
      <EditorHeading
        title={t('editor.editTitle', { name: integration.name })}
      />
      <div className={classes.status}>
        <Stack>
          <IntegrationAlerts integration={integration} />
          <SecretRotation
            integration={integration}
            isChanged={hasChanges(integration, values)}
            canUpdate={mayUpdate}
            onRetired={props.onReload}
          />
          <IntegrationTest
            integrationId={integration.id}
            isChanged={hasChanges(integration, values)}
            onChecked={props.onReload}
          />
        </Stack>
      </div>
      <IntegrationEditor
        values={values}
        presets={presets}
        errors={formErrors ?? fieldErrorsOf(saveError)}
        isNew={false}
        storedSecret={storedSecretOf(integration, values)}
        redirectUrl={integration.redirectUrl}
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
  const { expiresOn } = integration.clientSecret;
  if (!proofStored(integration, values)) {
    return { state: 'none' };
  }
  const state = secretMustBeReentered(integration, values)
    ? 'to-reenter'
    : 'kept';
  return {
    state,
    expiresOn,
    hasNext: integration.nextClientSecret !== undefined,
    thumbprint: integration.clientKey.thumbprint,
  };
}

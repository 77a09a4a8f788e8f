// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { useApi, useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
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
import { IntegrationEditor } from './IntegrationEditor';
import type { SavedState } from './IntegrationListContent';
import { newIntegrationForm, toCreateIntegration } from './integrationForm';
import { SaveNotice } from './SaveNotice';

/**
 * The editor with a new integration. Its redirect URL is reserved as soon as
 * the page opens, because the provider asks for it before it gives a client ID.
 */
export function NewIntegrationContent() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const navigate = useNavigate();
  const listPath = useRouteRef(integrationsRouteRef)();
  const presets = usePresetProviders();
  const reserved = useEndpoint('reserveRedirectUrl', {});
  const [values, setValues] = useState(() => newIntegrationForm('google'));
  const [formErrors, setFormErrors] = useState<FieldErrors>();
  const [saving, save] = useAction(async (callbackSlug: string) => {
    const verdict = toCreateIntegration(values, callbackSlug);
    setFormErrors(verdict.kind === 'invalid' ? verdict.errors : undefined);
    if (verdict.kind === 'valid') {
      const { id, name, ready } = await api.call('createIntegration', {
        body: verdict.body,
      });
      const state: SavedState = { saved: { id, name, ready } };
      navigate(listPath, { state });
    }
  });
  const saveError = saving.status === 'failed' ? saving.error : undefined;

  return (
    <Stack>
      <EditorHeading title={t('editor.newTitle')} />
      <IntegrationEditor
        values={values}
        presets={presets}
        errors={formErrors ?? fieldErrorsOf(saveError)}
        isNew
        storedSecret={{ state: 'none' }}
        redirectUrl={
          reserved.status === 'ready' ? reserved.value.redirectUrl : undefined
        }
        redirectUrlStatus={
          <LoadedView loaded={reserved}>{() => null}</LoadedView>
        }
        notice={
          <SaveNotice invalid={formErrors !== undefined} error={saveError} />
        }
        busy={saving.status === 'busy'}
        canSave={reserved.status === 'ready'}
        cancelPath={listPath}
        onChange={setValues}
        onSave={() =>
          reserved.status === 'ready' && save(reserved.value.callbackSlug)
        }
      />
    </Stack>
  );
}

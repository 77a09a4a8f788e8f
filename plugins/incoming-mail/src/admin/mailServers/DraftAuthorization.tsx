// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { MailServerDraft } from '@postroom/plugin-incoming-mail-common';
import { ConsentNotice } from '../../components/ConsentNotice';
import { Stack } from '../../components/Stack';
import { isUnderWay } from '../../hooks/AuthorizeState';
import type { AuthorizePopup } from '../../hooks/useAuthorizePopup';
import { incomingMailTranslationRef } from '../../translation';

/** Props of {@link DraftAuthorization}. */
export interface DraftAuthorizationProps {
  authorization: AuthorizePopup;
  /** The integration that is chosen. */
  integrationId: string | undefined;
  /** What there is to sign in with already. */
  given: MailServerDraft['authorization'];
  /** Whether a refusal is told at the fields that it is about. */
  toldByFields: boolean;
  mayAuthorize: boolean;
  /** Called in the click itself, so that a popup may open. */
  onAuthorize: () => void;
}

/** The step at the provider, before anything is saved. */
export function DraftAuthorization(props: DraftAuthorizationProps) {
  const { authorization, given, toldByFields, mayAuthorize } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const consenting = isUnderWay(authorization.state);
  return (
    <Stack>
      <Typography variant="body2">
        {t(`mailServer.authorized.${given}`)}
      </Typography>
      {mayAuthorize && (
        <>
          <div>
            <Button
              variant={given === 'none' ? 'contained' : 'outlined'}
              color="primary"
              disabled={consenting}
              onClick={props.onAuthorize}
            >
              {t(
                given === 'none'
                  ? 'mailServer.authorize'
                  : 'mailServer.authorizeAgain',
              )}
            </Button>
          </div>
          <Typography variant="body2" color="textSecondary">
            {t('mailServer.authorizeHint')}
          </Typography>
        </>
      )}
      {!toldByFields && (
        <ConsentNotice
          authorization={authorization}
          integrationId={props.integrationId}
          byApplication={false}
          success={{
            title: t('mailServer.authorizationGiven'),
            text: t('mailServer.authorizationGivenText'),
          }}
          onAuthorize={mayAuthorize ? props.onAuthorize : undefined}
        />
      )}
    </Stack>
  );
}

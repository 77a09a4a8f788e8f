// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import { useApi } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  DiscoveredIssuer,
  discoverIssuerSchema,
} from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { ButtonRow } from '../../components/ButtonRow';
import { ErrorAlert } from '../../components/ErrorAlert';
import { Facts } from '../../components/Facts';
import { SectionHeading } from '../../components/SectionHeading';
import { Stack } from '../../components/Stack';
import { useAction } from '../../hooks/useAction';
import { incomingMailTranslationRef } from '../../translation';
import { EditorField, EditorForm } from './EditorField';
import { withDiscovered } from './integrationForm';

const useStyles = makeStyles(
  theme => ({ found: { padding: theme.spacing(2) } }),
  { name: 'IncomingMailIssuerDiscovery' },
);

/**
 * The issuer of a custom provider, and the way to have it tell its endpoints.
 * What it says is shown first and taken over on a click.
 */
export function IssuerDiscovery(props: EditorForm) {
  const { values, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const asked = discoverIssuerSchema.safeParse({ issuer: values.issuer });
  const [discovery, discover, reset] = useAction((issuer: string) =>
    api.call('discoverIssuer', { body: { issuer } }),
  );
  const busy = discovery.status === 'busy';
  return (
    <>
      <EditorField
        {...props}
        name="issuer"
        type="url"
        hint={`${t('editor.discovery.hint')} ${t('editor.issuerHint')}`}
      />
      <div>
        <Button
          variant="outlined"
          disabled={!asked.success || busy}
          onClick={() => asked.success && discover(asked.data.issuer)}
        >
          {t(busy ? 'editor.discovery.busy' : 'editor.discovery.button')}
        </Button>
      </div>
      {discovery.status === 'failed' && (
        <ErrorAlert error={discovery.error} onClose={reset} />
      )}
      {discovery.status === 'done' && (
        <FoundIssuer
          found={discovery.value}
          onDiscard={reset}
          onTakeOver={() => {
            onChange(withDiscovered(values, discovery.value));
            reset();
          }}
        />
      )}
    </>
  );
}

interface FoundIssuerProps {
  found: DiscoveredIssuer;
  onTakeOver: () => void;
  onDiscard: () => void;
}

// Some servers name hundreds; the rest is only counted.
const SCOPES_SHOWN = 12;

function FoundIssuer({ found, onTakeOver, onDiscard }: FoundIssuerProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const shown = found.scopesSupported.slice(0, SCOPES_SHOWN).join(' ');
  const more = found.scopesSupported.length - SCOPES_SHOWN;
  const moreText =
    more > 0 ? ` ${t('editor.discovery.moreScopes', { count: more })}` : '';
  const notTold = t('editor.discovery.notTold');
  return (
    <Paper
      variant="outlined"
      className={classes.found}
      role="group"
      aria-label={t('editor.discovery.found')}
    >
      <Stack>
        <SectionHeading small title={t('editor.discovery.found')} />
        <Facts
          wide
          facts={[
            { name: t('editor.issuer'), value: found.issuer },
            {
              name: t('editor.authorizationEndpoint'),
              value: found.authorizationEndpoint,
            },
            { name: t('editor.tokenEndpoint'), value: found.tokenEndpoint },
            {
              name: t('editor.revocationEndpoint'),
              value: found.revocationEndpoint ?? notTold,
            },
            {
              name: t('editor.issDeclared'),
              value: t(found.issDeclared ? 'common.yes' : 'common.no'),
            },
            {
              name: t('editor.discovery.scopes'),
              value: shown === '' ? notTold : `${shown}${moreText}`,
            },
            {
              name: t('editor.discovery.clientAuthentication'),
              value: found.clientAuthenticationMethods.join(' ') || notTold,
            },
          ]}
        />
        <ButtonRow>
          <Button variant="contained" color="primary" onClick={onTakeOver}>
            {t('editor.discovery.takeOver')}
          </Button>
          <Button onClick={onDiscard}>{t('editor.discovery.discard')}</Button>
        </ButtonRow>
      </Stack>
    </Paper>
  );
}

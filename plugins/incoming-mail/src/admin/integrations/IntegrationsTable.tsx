// SPDX-License-Identifier: Apache-2.0
import IconButton from '@material-ui/core/IconButton';
import DeleteIcon from '@material-ui/icons/DeleteOutline';
import EditIcon from '@material-ui/icons/EditOutlined';
import { Link } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  MailHost,
  OAuthIntegration,
  oauthProviders,
} from '@postroom/plugin-incoming-mail-common';
import { HealthBadge } from '../../components/HealthBadge';
import { Moment } from '../../components/Moment';
import { RecordColumn, RecordTable } from '../../components/RecordTable';
import { incomingMailTranslationRef } from '../../translation';
import { formatDay, secretExpiryOf } from './secretExpiry';

/** Props of {@link IntegrationsTable}. */
export interface IntegrationsTableProps {
  integrations: readonly OAuthIntegration[];
  /** The way to the editor of an integration. */
  editPath: (integrationId: string) => string;
  /** Absent where the person may not delete. */
  onDelete?: (integration: OAuthIntegration) => void;
}

/** The integrations, one row each. */
export function IntegrationsTable(props: IntegrationsTableProps) {
  const { editPath, onDelete } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const columns: RecordColumn<OAuthIntegration>[] = [
    {
      id: 'name',
      label: t('integrations.column.name'),
      render: ({ id, name }) => <Link to={editPath(id)}>{name}</Link>,
    },
    {
      id: 'provider',
      label: t('integrations.column.provider'),
      render: ({ provider }) => (
        <span style={{ whiteSpace: 'nowrap' }}>
          {oauthProviders[provider].title}
        </span>
      ),
    },
    {
      id: 'state',
      label: t('integrations.column.state'),
      render: integration => <StateCell integration={integration} />,
    },
    {
      id: 'secretExpires',
      label: t('integrations.column.secretExpires'),
      render: integration => <SecretExpiryCell integration={integration} />,
    },
    {
      id: 'consentEnd',
      label: t('integrations.column.consentEnd'),
      render: ({ nextConsentEnd }) =>
        nextConsentEnd === undefined ? '–' : <Moment at={nextConsentEnd} />,
    },
    {
      id: 'mailServers',
      label: t('integrations.column.mailServers'),
      render: ({ mailHosts }) =>
        mailHosts.map(host => (
          <div key={`${host.protocol} ${host.host} ${host.port}`}>
            {serverText(host)}
          </div>
        )),
    },
    {
      id: 'users',
      label: t('integrations.column.users'),
      render: ({ channelCount, mailServerCount }) => (
        <>
          <div>{t('integrations.users.channels', { count: channelCount })}</div>
          {mailServerCount > 0 && (
            <div>
              {t('integrations.users.mailServers', { count: mailServerCount })}
            </div>
          )}
        </>
      ),
    },
    {
      id: 'actions',
      label: t('integrations.column.actions'),
      align: 'right',
      render: integration => (
        <span style={{ whiteSpace: 'nowrap' }}>
          <IconButton
            size="small"
            component={Link}
            to={editPath(integration.id)}
            aria-label={t('integrations.editNamed', {
              name: integration.name,
            })}
          >
            <EditIcon />
          </IconButton>
          {onDelete && (
            <IconButton
              size="small"
              aria-label={t('integrations.deleteNamed', {
                name: integration.name,
              })}
              onClick={() => onDelete(integration)}
            >
              <DeleteIcon />
            </IconButton>
          )}
        </span>
      ),
    },
  ];
  return (
    <RecordTable
      label={t('integrations.title')}
      columns={columns}
      rows={props.integrations}
    />
  );
}

function StateCell({ integration }: { integration: OAuthIntegration }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { fault, ready } = integration;
  if (fault) {
    return (
      <>
        <HealthBadge severity="error" label={t('integrations.state.fault')} />
        <div>{t(`failure.${fault.code}.title`)}</div>
      </>
    );
  }
  return ready ? (
    <HealthBadge severity="success" label={t('integrations.state.ready')} />
  ) : (
    <>
      <HealthBadge severity="warning" label={t('integrations.state.draft')} />
      <div>{t('integrations.state.draftText')}</div>
    </>
  );
}

function SecretExpiryCell({ integration }: { integration: OAuthIntegration }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const expiry = secretExpiryOf(integration, new Date());
  if (!integration.clientSecret.set) {
    return <>–</>;
  }
  if (!expiry) {
    return <>{t('integrations.secretExpiry.unknown')}</>;
  }
  const { days, severity, expiresOn } = expiry;
  return (
    <>
      <time dateTime={expiresOn}>{formatDay(expiresOn)}</time>
      {severity !== 'success' && (
        <div>
          <HealthBadge
            severity={severity}
            label={
              days > 0
                ? t('integrations.secretExpiry.in', { count: days })
                : t(
                    days === 0
                      ? 'integrations.secretExpiry.today'
                      : 'integrations.secretExpiry.expired',
                  )
            }
          />
        </div>
      )}
    </>
  );
}

function serverText({ protocol, host, port }: MailHost): string {
  return `${protocol.toUpperCase()} ${host}:${port}`;
}

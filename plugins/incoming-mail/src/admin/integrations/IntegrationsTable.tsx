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
import { RecordColumn, RecordTable } from '../../components/RecordTable';
import { incomingMailTranslationRef } from '../../translation';

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
      render: ({ provider }) => oauthProviders[provider].title,
    },
    {
      id: 'state',
      label: t('integrations.column.state'),
      render: ({ ready }) =>
        ready ? (
          <HealthBadge
            severity="success"
            label={t('integrations.state.ready')}
          />
        ) : (
          <HealthBadge
            severity="warning"
            label={t('integrations.state.draft')}
          />
        ),
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
      id: 'channels',
      label: t('integrations.column.channels'),
      align: 'right',
      render: ({ channelCount }) => channelCount,
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

function serverText({ protocol, host, port }: MailHost): string {
  return `${protocol.toUpperCase()} ${host}:${port}`;
}

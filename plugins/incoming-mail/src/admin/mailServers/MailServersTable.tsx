// SPDX-License-Identifier: Apache-2.0
import IconButton from '@material-ui/core/IconButton';
import { makeStyles } from '@material-ui/core/styles';
import Switch from '@material-ui/core/Switch';
import DeleteIcon from '@material-ui/icons/DeleteOutline';
import EditIcon from '@material-ui/icons/EditOutlined';
import RefreshIcon from '@material-ui/icons/Refresh';
import { Link } from '@backstage/core-components';
import { useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  HandlerBinding,
  MailServer,
} from '@postroom/plugin-incoming-mail-common';
import { MailboxStateBadge } from '../../components/mailbox/MailboxStateBadge';
import { Moment } from '../../components/Moment';
import { RecordColumn, RecordTable } from '../../components/RecordTable';
import type { MailServerRights } from '../../hooks/useMailServerRights';
import { editMailServerRouteRef, mailServerRouteRef } from '../../routes';
import { incomingMailTranslationRef } from '../../translation';
import { useHandlerTitles } from './useHandlers';

const useStyles = makeStyles(
  theme => ({
    // Room for an address, which else is broken where it does not end.
    mailbox: { minWidth: 160 },
    server: { color: theme.palette.text.secondary },
  }),
  { name: 'IncomingMailMailServersTable' },
);

/** Props of {@link MailServersTable}. */
export interface MailServersTableProps {
  servers: readonly MailServer[];
  rights: MailServerRights;
  /** Whether an action is under way and the buttons wait for it. */
  busy: boolean;
  onPoll: (server: MailServer) => void;
  onSwitch: (server: MailServer) => void;
  onDelete: (server: MailServer) => void;
}

/** The mail servers, one row each. */
export function MailServersTable(props: MailServersTableProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const detailPath = useRouteRef(mailServerRouteRef);
  const titleOf = useHandlerTitles();
  const columns: RecordColumn<MailServer>[] = [
    {
      id: 'name',
      label: t('mailServers.column.name'),
      render: ({ id, name }) => (
        <Link to={detailPath({ mailServerId: id })}>{name}</Link>
      ),
    },
    {
      id: 'mailbox',
      label: t('mailServers.column.mailbox'),
      render: server => <MailboxCell server={server} />,
    },
    {
      id: 'signIn',
      label: t('mailServers.column.signIn'),
      render: ({ authentication, integrationName }) =>
        authentication.method === 'oauth'
          ? t('mailbox.oauth', { name: integrationName ?? '–' })
          : t('mailbox.password'),
    },
    {
      id: 'state',
      label: t('mailServers.column.state'),
      render: server => <StateCell server={server} />,
    },
    {
      id: 'lastSuccess',
      label: t('mailServers.column.lastSuccess'),
      render: ({ lastSuccessAt }) =>
        lastSuccessAt === undefined ? (
          t('common.never')
        ) : (
          <Moment at={lastSuccessAt} />
        ),
    },
    {
      id: 'handlers',
      label: t('mailServers.column.handlers'),
      render: ({ handlers }) => (
        <HandlersCell handlers={handlers} titleOf={titleOf} />
      ),
    },
    {
      id: 'enabled',
      label: t('mailServers.column.enabled'),
      render: server => (
        <Switch
          size="small"
          color="primary"
          checked={server.enabled}
          disabled={props.busy || !props.rights.update}
          inputProps={{
            'aria-label': t('mailServers.enableNamed', { name: server.name }),
          }}
          onChange={() => props.onSwitch(server)}
        />
      ),
    },
    {
      id: 'actions',
      label: t('mailServers.column.actions'),
      align: 'right',
      render: server => <ActionsCell {...props} server={server} />,
    },
  ];
  return (
    <RecordTable
      label={t('mailServers.title')}
      columns={columns}
      rows={props.servers}
    />
  );
}

function MailboxCell({ server: { address, server } }: { server: MailServer }) {
  const classes = useStyles();
  return (
    <div className={classes.mailbox}>
      <div>{address}</div>
      <div className={classes.server}>
        {`${server.protocol.toUpperCase()} ${server.host}:${server.port}`}
      </div>
    </div>
  );
}

function StateCell({ server }: { server: MailServer }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <>
      <MailboxStateBadge state={server.state} />
      {server.failure && <div>{t(`failure.${server.failure.code}.title`)}</div>}
    </>
  );
}

function HandlersCell(props: {
  handlers: readonly HandlerBinding[];
  titleOf: (handlerId: string) => string;
}) {
  return (
    <>
      {props.handlers.map(({ handlerId }, index) => (
        // One handler may be bound twice, with other settings.
        <div key={`${index} ${handlerId}`}>{props.titleOf(handlerId)}</div>
      ))}
    </>
  );
}

function ActionsCell(props: MailServersTableProps & { server: MailServer }) {
  const { server, rights, busy } = props;
  const { name } = server;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const editPath = useRouteRef(editMailServerRouteRef);
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      {rights.update && (
        <>
          <IconButton
            size="small"
            disabled={busy || !server.enabled}
            aria-label={t('mailServers.pollNamed', { name })}
            onClick={() => props.onPoll(server)}
          >
            <RefreshIcon />
          </IconButton>
          <IconButton
            size="small"
            component={Link}
            to={editPath({ mailServerId: server.id })}
            aria-label={t('mailServers.editNamed', { name })}
          >
            <EditIcon />
          </IconButton>
        </>
      )}
      {rights.delete && (
        <IconButton
          size="small"
          aria-label={t('mailServers.deleteNamed', { name })}
          onClick={() => props.onDelete(server)}
        >
          <DeleteIcon />
        </IconButton>
      )}
    </span>
  );
}

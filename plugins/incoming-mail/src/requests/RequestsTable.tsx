// SPDX-License-Identifier: Apache-2.0
import { makeStyles } from '@material-ui/core/styles';
import { Link } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { RequestSummary } from '@postroom/plugin-incoming-mail-common';
import { Moment } from '../components/Moment';
import { RecordColumn, RecordTable } from '../components/RecordTable';
import { incomingMailTranslationRef } from '../translation';
import { RequestMarks } from './RequestMarks';
import { SenderName } from './SenderName';

const useStyles = makeStyles(
  theme => ({
    excerpt: {
      display: '-webkit-box',
      '-webkit-line-clamp': 2,
      '-webkit-box-orient': 'vertical',
      overflow: 'hidden',
      color: theme.palette.text.secondary,
    },
  }),
  { name: 'IncomingMailRequestsTable' },
);

/** Props of {@link RequestsTable}. */
export interface RequestsTableProps {
  requests: readonly RequestSummary[];
  /** The way to one request. */
  requestPath: (number: number) => string;
}

/** The requests of a project, one row each. */
export function RequestsTable(props: RequestsTableProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const columns: RecordColumn<RequestSummary>[] = [
    {
      id: 'number',
      label: t('requests.column.number'),
      render: ({ number }) => number,
    },
    {
      id: 'subject',
      label: t('requests.column.subject'),
      render: request => (
        <>
          <Link to={props.requestPath(request.number)}>
            <bdi>{request.subject || t('requests.noSubject')}</bdi>
          </Link>
          <RequestMarks request={request} />
        </>
      ),
    },
    {
      id: 'sender',
      label: t('requests.column.sender'),
      render: ({ sender }) => <SenderName sender={sender} />,
    },
    {
      id: 'excerpt',
      label: t('requests.column.excerpt'),
      render: ({ excerpt }) => <bdi className={classes.excerpt}>{excerpt}</bdi>,
    },
    {
      id: 'comments',
      label: t('requests.column.comments'),
      align: 'right',
      render: ({ commentCount }) => commentCount,
    },
    {
      id: 'lastActivity',
      label: t('requests.column.lastActivity'),
      align: 'right',
      render: ({ lastActivityAt }) => <Moment at={lastActivityAt} />,
    },
  ];
  return (
    <RecordTable
      label={t('requests.title')}
      columns={columns}
      rows={props.requests}
    />
  );
}

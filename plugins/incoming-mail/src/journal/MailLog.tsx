// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import ButtonBase from '@material-ui/core/ButtonBase';
import Collapse from '@material-ui/core/Collapse';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import ExpandIcon from '@material-ui/icons/ExpandMore';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  MessageState,
  MessageSummary,
} from '@postroom/plugin-incoming-mail-common';
import { HealthBadge } from '../components/HealthBadge';
import { Moment } from '../components/Moment';
import { Severity } from '../components/Notice';
import { incomingMailTranslationRef } from '../translation';
import { MailLogDetails } from './MailLogDetails';
import type { MessageRunActions } from './MessageRunPanel';

const severities: Readonly<Record<MessageState, Severity>> = {
  stored: 'info',
  done: 'success',
  ignored: 'info',
  duplicate: 'info',
  held: 'warning',
  quarantined: 'error',
};

const useStyles = makeStyles(
  theme => ({
    list: { listStyle: 'none', margin: 0, padding: 0 },
    row: {
      borderBottom: `1px solid ${theme.palette.divider}`,
      '&:last-child': { borderBottom: 0 },
    },
    summary: {
      display: 'grid',
      gridTemplateColumns: '170px minmax(0, 1fr) 140px 24px',
      gap: theme.spacing(0.5, 2),
      alignItems: 'center',
      width: '100%',
      padding: theme.spacing(1, 0),
      textAlign: 'left',
      ...theme.typography.body2,
      '&:hover, &:focus-visible': {
        backgroundColor: theme.palette.action.hover,
      },
      [theme.breakpoints.down('xs')]: {
        gridTemplateColumns: 'minmax(0, 1fr) auto 24px',
        '& $what': { gridColumn: '1 / -1', gridRow: 2 },
      },
    },
    at: { color: theme.palette.text.secondary },
    what: { minWidth: 0 },
    line: {
      display: 'block',
      overflow: 'hidden',
      textOverflow: 'ellipsis',
      whiteSpace: 'nowrap',
    },
    from: { color: theme.palette.text.secondary },
    arrow: { transition: theme.transitions.create('transform') },
    open: { transform: 'rotate(180deg)' },
  }),
  { name: 'IncomingMailMailLog' },
);

/** Props of {@link MailLog}. */
export interface MailLogProps {
  messages: readonly MessageSummary[];
  /** The way to a request; absent where there is no such page. */
  requestPath?: (number: number) => string;
  /** Absent where the person may not download. */
  onDownload?: (message: MessageSummary) => void;
  /** Absent where the person may not have mails handled. */
  runs?: MessageRunActions;
}

/** Every mail that arrived, newest first, with the way that it took. */
export function MailLog(props: MailLogProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  if (props.messages.length === 0) {
    return <Typography variant="body2">{t('mailLog.empty')}</Typography>;
  }
  return (
    <ul className={classes.list} aria-label={t('mailLog.title')}>
      {props.messages.map(message => (
        <MailLogRow key={message.id} {...props} message={message} />
      ))}
    </ul>
  );
}

function MailLogRow(props: MailLogProps & { message: MessageSummary }) {
  const { message } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [open, setOpen] = useState(false);
  const detailsId = `incoming-mail-message-${message.id}`;
  // A mail that waits has not been parsed yet; one that was may still lack
  // the header.
  const unread = message.state === 'stored' && message.subject === undefined;
  const subject =
    message.subject || t(unread ? 'mailLog.unread' : 'mailLog.noSubject');
  const from = message.from || (unread ? '' : t('mailLog.noSender'));
  return (
    <li className={classes.row}>
      <ButtonBase
        className={classes.summary}
        aria-expanded={open}
        aria-controls={detailsId}
        onClick={() => setOpen(!open)}
      >
        <span className={classes.at}>
          <Moment at={message.acceptedAt} />
        </span>
        <span className={classes.what}>
          <bdi className={classes.line}>{subject}</bdi>
          <bdi className={`${classes.line} ${classes.from}`}>{from}</bdi>
        </span>
        <span>
          <HealthBadge
            severity={severities[message.state]}
            label={t(`mailLog.state.${message.state}`)}
          />
        </span>
        <ExpandIcon
          aria-hidden
          className={`${classes.arrow} ${open ? classes.open : ''}`}
        />
      </ButtonBase>
      <Collapse in={open} unmountOnExit>
        <div
          id={detailsId}
          role="region"
          aria-label={t('mailLog.details', { subject })}
        >
          <MailLogDetails
            message={message}
            requestPath={props.requestPath}
            onDownload={props.onDownload}
            runs={props.runs}
          />
        </div>
      </Collapse>
    </li>
  );
}

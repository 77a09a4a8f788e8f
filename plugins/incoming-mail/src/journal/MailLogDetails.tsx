// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import DownloadIcon from '@material-ui/icons/GetApp';
import { Link } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { MessageSummary } from '@postroom/plugin-incoming-mail-common';
import { formatBytes } from '../components/formatBytes';
import { useMoment } from '../components/Moment';
import { Stack } from '../components/Stack';
import { incomingMailTranslationRef } from '../translation';
import { DecisionTrace } from './DecisionTrace';
import { mailTargetOf } from './mailTarget';
import { MessageRunActions, MessageRunPanel } from './MessageRunPanel';

const useStyles = makeStyles(
  theme => ({ root: { padding: theme.spacing(0.5, 0, 2) } }),
  { name: 'IncomingMailMailLogDetails' },
);

/** Props of {@link MailLogDetails}. */
export interface MailLogDetailsProps {
  message: MessageSummary;
  requestPath?: (number: number) => string;
  onDownload?: (message: MessageSummary) => void;
  /** Absent where the person may not have mails handled. */
  runs?: MessageRunActions;
}

/** Why a mail ended where it did, and what it became. */
export function MailLogDetails(props: MailLogDetailsProps) {
  const { message, onDownload, runs } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const moment = useMoment();
  const facts = [
    formatBytes(message.sizeBytes),
    message.imported && t('mailLog.imported'),
    t('mailLog.attempts', { count: message.attempts }),
    message.nextAttemptAt &&
      t('mailLog.nextAttempt', { when: moment(message.nextAttemptAt) }),
  ].filter(Boolean);
  return (
    <div className={classes.root}>
      <Stack>
        <TargetLink {...props} />
        {message.failure && (
          <Typography variant="body2">
            <strong>{t(`failure.${message.failure}.title`)}.</strong>{' '}
            {t(`failure.${message.failure}.remedy`)}
          </Typography>
        )}
        {message.truncated && (
          <Typography variant="body2">{t('mailLog.truncated')}</Typography>
        )}
        <DecisionTrace trace={message.trace} />
        <Typography variant="caption" color="textSecondary">
          {facts.join(' · ')}
        </Typography>
        {message.rawRemovedAt && (
          <Typography variant="body2">
            {t('mailLog.rawRemoved', { when: moment(message.rawRemovedAt) })}
          </Typography>
        )}
        {runs && !message.rawRemovedAt && (
          <MessageRunPanel message={message} actions={runs} />
        )}
        {onDownload && !message.rawRemovedAt && (
          <div>
            <Button
              size="small"
              variant="outlined"
              startIcon={<DownloadIcon />}
              onClick={() => onDownload(message)}
            >
              {t('mailLog.download')}
            </Button>
          </div>
        )}
      </Stack>
    </div>
  );
}

function TargetLink({ message, requestPath }: MailLogDetailsProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const target = mailTargetOf(message.target);
  if (!target) {
    return message.target ? (
      <Typography variant="body2">{message.target}</Typography>
    ) : null;
  }
  const words = t(`mailLog.${target.kind}`, { number: String(target.number) });
  return (
    <Typography variant="body2">
      {requestPath ? (
        <Link to={requestPath(target.number)}>{words}</Link>
      ) : (
        words
      )}
    </Typography>
  );
}

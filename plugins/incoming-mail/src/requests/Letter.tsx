// SPDX-License-Identifier: Apache-2.0
import Chip from '@material-ui/core/Chip';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import Tooltip from '@material-ui/core/Tooltip';
import Typography from '@material-ui/core/Typography';
import AttachmentIcon from '@material-ui/icons/AttachFile';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  AttachmentSummary,
  RequestComment,
} from '@postroom/plugin-incoming-mail-common';
import { formatBytes } from '../components/formatBytes';
import { Moment } from '../components/Moment';
import { Stack } from '../components/Stack';
import { incomingMailTranslationRef } from '../translation';
import { MailBody } from './MailBody';
import { SenderName } from './SenderName';

const useStyles = makeStyles(
  theme => ({
    root: { padding: theme.spacing(2) },
    head: {
      display: 'flex',
      flexWrap: 'wrap',
      alignItems: 'center',
      gap: theme.spacing(0.5, 1.5),
      ...theme.typography.body2,
    },
    sender: { overflowWrap: 'anywhere', fontWeight: 600 },
    at: { marginLeft: 'auto', color: theme.palette.text.secondary },
    attachments: {
      display: 'flex',
      flexWrap: 'wrap',
      gap: theme.spacing(1),
      listStyle: 'none',
      margin: 0,
      padding: 0,
    },
    chip: { maxWidth: '100%' },
  }),
  { name: 'IncomingMailLetter' },
);

/** Props of {@link Letter}. */
export interface LetterProps {
  /** A comment, or the part of a request that looks like one. */
  content: RequestComment;
}

/** One mail of a request: who, when, what, and what came with it. */
export function Letter({ content }: LetterProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <Paper variant="outlined" component="article" className={classes.root}>
      <Stack>
        <div className={classes.head}>
          <span className={classes.sender}>
            <SenderName sender={content.sender} withAddress />
          </span>
          <Tooltip title={t('request.unverifiedHint')}>
            <Chip
              size="small"
              variant="outlined"
              label={t('request.unverified')}
              tabIndex={0}
              style={{ margin: 0 }}
            />
          </Tooltip>
          <span className={classes.at}>
            <Moment at={content.sentAt} />
          </span>
        </div>
        <MailBody text={content.text} html={content.html} />
        {content.attachments.length > 0 && (
          <Attachments attachments={content.attachments} />
        )}
      </Stack>
    </Paper>
  );
}

function Attachments(props: { attachments: readonly AttachmentSummary[] }) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <div>
      <Typography variant="caption" color="textSecondary">
        {t('request.attachments')}
      </Typography>
      <ul className={classes.attachments} aria-label={t('request.attachments')}>
        {props.attachments.map((attachment, index) => (
          // Two files of one mail may have the same name.
          <li key={`${index} ${attachment.name}`} className={classes.chip}>
            <Chip
              size="small"
              className={classes.chip}
              icon={<AttachmentIcon />}
              style={{ margin: 0 }}
              label={`${attachment.name} (${formatBytes(
                attachment.sizeBytes,
              )})`}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

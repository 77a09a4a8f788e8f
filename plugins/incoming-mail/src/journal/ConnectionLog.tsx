// SPDX-License-Identifier: Apache-2.0
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { JournalEntry } from '@postroom/plugin-incoming-mail-common';
import { Moment } from '../components/Moment';
import { incomingMailTranslationRef } from '../translation';

const useStyles = makeStyles(
  theme => ({
    list: { listStyle: 'none', margin: 0, padding: 0 },
    entry: {
      display: 'flex',
      flexWrap: 'wrap',
      gap: theme.spacing(0, 2),
      padding: theme.spacing(0.75, 0),
      borderBottom: `1px solid ${theme.palette.divider}`,
      '&:last-child': { borderBottom: 0 },
      ...theme.typography.body2,
    },
    at: { color: theme.palette.text.secondary, minWidth: 170 },
    what: { flex: '1 1 240px', minWidth: 0, overflowWrap: 'anywhere' },
  }),
  { name: 'IncomingMailConnectionLog' },
);

/** Props of {@link ConnectionLog}. */
export interface ConnectionLogProps {
  entries: readonly JournalEntry[];
}

/** What happened to a mailbox, newest first, one line each. */
export function ConnectionLog({ entries }: ConnectionLogProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  if (entries.length === 0) {
    return <Typography variant="body2">{t('journal.empty')}</Typography>;
  }
  return (
    <ul className={classes.list} aria-label={t('journal.title')}>
      {entries.map(entry => (
        <li key={entry.id} className={classes.entry}>
          <span className={classes.at}>
            <Moment at={entry.at} />
          </span>
          <span className={classes.what}>
            <Sentence entry={entry} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Sentence({ entry }: { entry: JournalEntry }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const additions = [
    entry.count !== undefined && t('journal.mails', { count: entry.count }),
    entry.failure && t(`failure.${entry.failure}.title`),
    entry.detail,
  ].filter(Boolean);
  const event = t(`journal.event.${entry.event}`);
  return (
    <>{additions.length > 0 ? `${event}: ${additions.join(' – ')}` : event}</>
  );
}

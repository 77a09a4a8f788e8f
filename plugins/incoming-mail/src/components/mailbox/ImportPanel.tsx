// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import Button from '@material-ui/core/Button';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  FolderPreview,
  MAX_IMPORTED,
  StartImport,
  startImportSchema,
} from '@postroom/plugin-incoming-mail-common';
import { useAction } from '../../hooks/useAction';
import { Loaded } from '../../hooks/useLoaded';
import { incomingMailTranslationRef } from '../../translation';
import { ButtonRow } from '../ButtonRow';
import { ErrorAlert } from '../ErrorAlert';
import { FormField } from '../FormField';
import { LoadedView } from '../LoadedView';
import { useMoment } from '../Moment';
import { SectionHeading } from '../SectionHeading';
import { Stack } from '../Stack';

const useStyles = makeStyles(
  theme => ({
    root: { padding: theme.spacing(2) },
    choices: { border: 0, margin: 0, padding: 0, minWidth: 0 },
    choice: {
      ...theme.typography.body2,
      display: 'flex',
      alignItems: 'center',
      gap: theme.spacing(1),
      padding: theme.spacing(0.75, 0),
      cursor: 'pointer',
    },
    radio: { accentColor: theme.palette.primary.main, margin: 0 },
    field: { maxWidth: 240 },
  }),
  { name: 'IncomingMailImportPanel' },
);

/** Which of the mail that is there already is read. */
type Extent = 'none' | 'since' | 'last';

/** Props of {@link ImportPanel}. */
export interface ImportPanelProps {
  preview: Loaded<FolderPreview>;
  onImport: (extent: StartImport) => Promise<void>;
  onClose: () => void;
}

/**
 * What is in the mailbox already, and the choice of how much of it to read.
 * Without a choice nothing old is touched.
 */
export function ImportPanel(props: ImportPanelProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <Paper variant="outlined" component="section" className={classes.root}>
      <Stack>
        <SectionHeading
          small
          title={t('import.title')}
          text={t('import.intro')}
        />
        <LoadedView loaded={props.preview}>
          {preview => <PreviewChoice {...props} found={preview} />}
        </LoadedView>
      </Stack>
    </Paper>
  );
}

function PreviewChoice(props: ImportPanelProps & { found: FolderPreview }) {
  const { found, onImport, onClose } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [extent, setExtent] = useState<Extent>('none');
  const [since, setSince] = useState('');
  const [last, setLast] = useState('100');
  const [invalid, setInvalid] = useState(false);
  const [starting, start] = useAction(onImport);

  const submit = () => {
    if (extent === 'none') {
      onClose();
      return;
    }
    const parsed = startImportSchema.safeParse(
      extent === 'since' ? { since } : { last: Number(last) },
    );
    setInvalid(!parsed.success);
    if (parsed.success) {
      start(parsed.data);
    }
  };

  return (
    <Stack>
      <PreviewSentence found={found} />
      {found.importable && (
        <fieldset className={classes.choices}>
          {(['none', 'since', 'last'] as const).map(option => (
            <label key={option} className={classes.choice}>
              <input
                type="radio"
                name="incoming-mail-import"
                className={classes.radio}
                checked={extent === option}
                onChange={() => {
                  setExtent(option);
                  setInvalid(false);
                }}
              />
              {t(`import.extent.${option}`)}
            </label>
          ))}
        </fieldset>
      )}
      {extent !== 'none' && (
        <div className={classes.field}>
          {extent === 'since' ? (
            <FormField
              id="incoming-mail-import-since"
              label={t('import.since')}
              type="date"
              value={since}
              error={invalid ? t('import.sinceInvalid') : undefined}
              onChange={setSince}
            />
          ) : (
            <FormField
              id="incoming-mail-import-last"
              label={t('import.last')}
              value={last}
              error={
                invalid
                  ? t('import.lastInvalid', { limit: String(MAX_IMPORTED) })
                  : undefined
              }
              onChange={setLast}
            />
          )}
        </div>
      )}
      {extent !== 'none' && (
        <Typography variant="body2" color="textSecondary">
          {t('import.quiet')}
        </Typography>
      )}
      {starting.status === 'failed' && <ErrorAlert error={starting.error} />}
      <ButtonRow>
        <Button
          variant="contained"
          color="primary"
          disabled={starting.status === 'busy'}
          onClick={submit}
        >
          {t(extent === 'none' ? 'import.leave' : 'import.start')}
        </Button>
        {extent !== 'none' && (
          <Button onClick={onClose}>{t('common.cancel')}</Button>
        )}
      </ButtonRow>
    </Stack>
  );
}

function PreviewSentence({ found }: { found: FolderPreview }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const moment = useMoment();
  const { messageCount, newestAt, oldestAt, olderCount, importable } = found;
  const sentences = [
    t('import.count', {
      count: messageCount,
      formatted: messageCount.toLocaleString(),
    }),
    newestAt && t('import.newest', { when: moment(newestAt) }),
    oldestAt && t('import.oldest', { when: moment(oldestAt) }),
    olderCount !== undefined &&
      t('import.older', {
        count: olderCount,
        formatted: olderCount.toLocaleString(),
      }),
    !importable && t('import.notImportable'),
  ];
  return (
    <Typography variant="body2">
      {sentences.filter(Boolean).join(' ')}
    </Typography>
  );
}

// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { makeStyles } from '@material-ui/core/styles';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { SettingsWarning } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../translation';
import { Notice } from './Notice';

const useStyles = makeStyles(
  theme => ({
    reason: {
      margin: theme.spacing(0.5, 0),
    },
    suggestion: {
      fontFamily: 'ui-monospace, Menlo, Consolas, monospace',
      fontSize: '0.8125rem',
      margin: theme.spacing(0.5, 0, 0),
      padding: 0,
      listStyle: 'none',
    },
  }),
  { name: 'IncomingMailSettingsWarnings' },
);

/** Props of {@link SettingsWarnings}. */
export interface SettingsWarningsProps {
  warnings: readonly SettingsWarning[];
  /** What the field could hold instead, where something can be suggested. */
  suggestion?: readonly string[];
  onUse?: (suggestion: readonly string[]) => void;
}

/** What the rules of the provider say about a field, below that field. */
export function SettingsWarnings(props: SettingsWarningsProps) {
  const { warnings, suggestion, onUse } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  if (warnings.length === 0) {
    return null;
  }
  const refused = warnings.some(warning => warning.refused);
  return (
    <Notice
      // Not an error: it comes while people type, and does not keep them from
      // saving.
      severity="warning"
      title={t(
        refused ? 'settingsWarnings.refused' : 'settingsWarnings.doubtful',
      )}
      actions={
        suggestion &&
        onUse && (
          <Button
            size="small"
            variant="outlined"
            onClick={() => onUse(suggestion)}
          >
            {t('settingsWarnings.use')}
          </Button>
        )
      }
    >
      {warnings.map(({ code, subject }) => (
        <p key={code} className={classes.reason}>
          {t(`settingsWarning.${code}`, { subject: subject ?? '' })}
        </p>
      ))}
      {suggestion && (
        <>
          {t('settingsWarnings.suggestion')}
          <ul className={classes.suggestion}>
            {suggestion.map(word => (
              <li key={word}>{word}</li>
            ))}
          </ul>
        </>
      )}
    </Notice>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { mailPresets } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../translation';
import { MailboxFormValues, withPreset } from './mailboxForm';
import type { MailboxFormProps } from './MailboxFormProps';

const useStyles = makeStyles(
  theme => ({
    root: {
      display: 'grid',
      gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 132px), 1fr))',
      gap: theme.spacing(1),
    },
    card: {
      display: 'flex',
      gap: theme.spacing(1),
      alignItems: 'center',
      padding: theme.spacing(1, 1.5),
      border: `1px solid ${theme.palette.divider}`,
      borderRadius: theme.shape.borderRadius,
      backgroundColor: theme.palette.background.paper,
      cursor: 'pointer',
      '&:hover': { borderColor: theme.palette.text.secondary },
      '&:focus-within': {
        outline: `2px solid ${theme.palette.primary.main}`,
        outlineOffset: 1,
      },
    },
    chosen: {
      borderColor: theme.palette.primary.main,
      boxShadow: `inset 0 0 0 1px ${theme.palette.primary.main}`,
    },
    radio: { accentColor: theme.palette.primary.main, margin: 0 },
  }),
  { name: 'IncomingMailPresetPicker' },
);

/** The mail services as cards, of which one is chosen. */
export function PresetPicker<V extends MailboxFormValues>(
  props: MailboxFormProps<V>,
) {
  const { values, choices, onChange } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <div
      className={classes.root}
      role="radiogroup"
      aria-label={t('mailbox.preset')}
    >
      {mailPresets.map(({ id, title }) => (
        <label
          key={id}
          className={`${classes.card} ${
            values.preset === id ? classes.chosen : ''
          }`}
        >
          <input
            type="radio"
            name="incoming-mail-preset"
            className={classes.radio}
            checked={values.preset === id}
            onChange={() =>
              onChange({ ...values, ...withPreset(values, id, choices) })
            }
          />
          <Typography variant="body2" component="span">
            {title}
          </Typography>
        </label>
      ))}
    </div>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  oauthProviders,
  ProviderId,
} from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../translation';

const useStyles = makeStyles(
  theme => ({
    root: {
      display: 'grid',
      gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 200px), 1fr))',
      gap: theme.spacing(1.5),
      border: 0,
      margin: 0,
      padding: 0,
      minWidth: 0,
    },
    card: {
      display: 'flex',
      gap: theme.spacing(1.5),
      alignItems: 'flex-start',
      padding: theme.spacing(1.5, 2),
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
    radio: { accentColor: theme.palette.primary.main, marginTop: 4 },
    text: { color: theme.palette.text.secondary },
  }),
  { name: 'IncomingMailProviderPicker' },
);

/** Props of {@link ProviderPicker}. */
export interface ProviderPickerProps {
  value: ProviderId;
  onChange: (provider: ProviderId) => void;
}

/** The providers as cards, of which one is chosen. */
export function ProviderPicker({ value, onChange }: ProviderPickerProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <div
      className={classes.root}
      role="radiogroup"
      aria-label={t('editor.providerSection')}
    >
      {Object.values(oauthProviders).map(({ id, title }) => (
        <label
          key={id}
          className={`${classes.card} ${value === id ? classes.chosen : ''}`}
        >
          <input
            type="radio"
            name="incoming-mail-provider"
            className={classes.radio}
            aria-label={title}
            checked={value === id}
            onChange={() => onChange(id)}
          />
          <span>
            <Typography variant="subtitle1" component="span" display="block">
              {title}
            </Typography>
            <Typography
              variant="body2"
              component="span"
              className={classes.text}
            >
              {t(`editor.provider.${id}`)}
            </Typography>
          </span>
        </label>
      ))}
    </div>
  );
}

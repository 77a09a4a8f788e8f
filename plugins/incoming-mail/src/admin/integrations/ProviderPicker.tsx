// SPDX-License-Identifier: Apache-2.0
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  oauthProviders,
  ProviderDescription,
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
  /** The id of the chosen one, ours or a module's. */
  value: string;
  /** The providers that backend modules bring. */
  presets: readonly ProviderDescription[];
  onChange: (provider: ProviderId) => void;
  onPreset: (preset: ProviderDescription) => void;
}

/** The providers as cards, of which one is chosen. */
export function ProviderPicker(props: ProviderPickerProps) {
  const { value, presets, onChange, onPreset } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const cards = [
    ...Object.values(oauthProviders).map(({ id, title }) => ({
      id: id as string,
      title,
      text: t(`editor.provider.${id}`),
      choose: () => onChange(id),
    })),
    ...presets.map(preset => ({
      id: preset.id,
      title: preset.title,
      text: preset.description ?? t('editor.provider.preset'),
      choose: () => onPreset(preset),
    })),
  ];
  return (
    <div
      className={classes.root}
      role="radiogroup"
      aria-label={t('editor.providerSection')}
    >
      {cards.map(({ id, title, text, choose }) => (
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
            onChange={choose}
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
              {text}
            </Typography>
          </span>
        </label>
      ))}
    </div>
  );
}

// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import IconButton from '@material-ui/core/IconButton';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import AddIcon from '@material-ui/icons/Add';
import DeleteIcon from '@material-ui/icons/DeleteOutline';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  authorizationParameterNames,
  authorizationParameters,
  isAuthorizationParameter,
} from '@postroom/plugin-incoming-mail-common';
import { errorAt, FieldErrors } from '../../api/fieldErrors';
import { FormField } from '../../components/FormField';
import { Stack } from '../../components/Stack';
import { incomingMailTranslationRef } from '../../translation';
import { namesFor, ParameterRow, withAddedParameter } from './parameterRows';

const useStyles = makeStyles(
  theme => ({
    row: {
      display: 'grid',
      gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 2fr) auto',
      gap: theme.spacing(1.5),
      alignItems: 'start',
    },
  }),
  { name: 'IncomingMailAuthorizationParameterFields' },
);

/** Props of {@link AuthorizationParameterFields}. */
export interface AuthorizationParameterFieldsProps {
  rows: readonly ParameterRow[];
  errors: FieldErrors;
  onChange: (rows: readonly ParameterRow[]) => void;
}

/** What is added to authorization requests, one row each. */
export function AuthorizationParameterFields(
  props: AuthorizationParameterFieldsProps,
) {
  const { rows, onChange } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const change = (row: ParameterRow, to: Partial<ParameterRow>) =>
    onChange(rows.map(other => (other === row ? { ...row, ...to } : other)));
  return (
    <Stack>
      <Typography variant="body2">{t('editor.parameter.text')}</Typography>
      {rows.map((row, index) => {
        const error = (field: string) =>
          errorAt(props.errors, `authorizationParameters.${index}.${field}`);
        const number = String(index + 1);
        return (
          <div key={row.key} className={classes.row}>
            <FormField
              id={`incoming-mail-parameter-${row.key}-name`}
              label={t('editor.parameter.name', { number })}
              value={row.name}
              error={error('name')}
              hint={
                isAuthorizationParameter(row.name)
                  ? authorizationParameters[row.name]
                  : undefined
              }
              onChange={name => change(row, { name })}
              options={namesFor(row, rows).map(name => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            />
            <FormField
              id={`incoming-mail-parameter-${row.key}-value`}
              label={t('editor.parameter.value', { number })}
              value={row.value}
              error={error('value')}
              onChange={value => change(row, { value })}
              required
            />
            <IconButton
              size="small"
              aria-label={t('editor.parameter.remove', { number })}
              onClick={() => onChange(rows.filter(other => other !== row))}
            >
              <DeleteIcon />
            </IconButton>
          </div>
        );
      })}
      {rows.length < authorizationParameterNames.length && (
        <div>
          <Button
            size="small"
            startIcon={<AddIcon />}
            onClick={() => onChange(withAddedParameter(rows))}
          >
            {t('editor.parameter.add')}
          </Button>
        </div>
      )}
    </Stack>
  );
}

// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import IconButton from '@material-ui/core/IconButton';
import { makeStyles } from '@material-ui/core/styles';
import AddIcon from '@material-ui/icons/Add';
import DeleteIcon from '@material-ui/icons/DeleteOutline';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { mailHostSchema } from '@postroom/plugin-incoming-mail-common';
import { errorAt, FieldErrors } from '../../api/fieldErrors';
import { FormField } from '../../components/FormField';
import { withServerChange } from '../../components/mailbox/serverRow';
import { Notice } from '../../components/Notice';
import { Stack } from '../../components/Stack';
import { incomingMailTranslationRef } from '../../translation';
import { MailHostRow, withAddedMailHost } from './integrationForm';

const useStyles = makeStyles(
  theme => ({
    row: {
      display: 'grid',
      gridTemplateColumns: '110px minmax(0, 1fr) 100px 190px auto',
      gap: theme.spacing(1.5),
      alignItems: 'start',
      border: 0,
      margin: 0,
      padding: 0,
      minWidth: 0,
      [theme.breakpoints.down('sm')]: {
        gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
        paddingBottom: theme.spacing(2),
        borderBottom: `1px solid ${theme.palette.divider}`,
      },
    },
    legend: {
      position: 'absolute',
      width: 1,
      height: 1,
      overflow: 'hidden',
      clipPath: 'inset(50%)',
    },
  }),
  { name: 'IncomingMailMailHostFields' },
);

const protocols = mailHostSchema.shape.protocol.options;
const securities = mailHostSchema.shape.security.options;

/** Props of {@link MailHostFields}. */
export interface MailHostFieldsProps {
  rows: readonly MailHostRow[];
  errors: FieldErrors;
  onChange: (rows: readonly MailHostRow[]) => void;
}

/** The mail servers of an integration, one row each. */
export function MailHostFields(props: MailHostFieldsProps) {
  const { rows, errors, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <Stack>
      {errors.mailHosts && (
        <Notice severity="error" title={errorAt(errors, 'mailHosts') ?? ''} />
      )}
      {rows.map((row, index) => (
        <MailHostField
          key={row.key}
          row={row}
          index={index}
          errors={errors}
          onChange={change =>
            onChange(
              rows.map(other =>
                other === row ? withServerChange(row, change) : other,
              ),
            )
          }
          onRemove={() => onChange(rows.filter(other => other !== row))}
        />
      ))}
      <div>
        <Button
          size="small"
          startIcon={<AddIcon />}
          onClick={() => onChange(withAddedMailHost(rows))}
        >
          {t('editor.mailHost.add')}
        </Button>
      </div>
    </Stack>
  );
}

interface MailHostFieldProps {
  row: MailHostRow;
  index: number;
  errors: FieldErrors;
  onChange: (change: Partial<Omit<MailHostRow, 'key'>>) => void;
  onRemove: () => void;
}

function MailHostField(props: MailHostFieldProps) {
  const { row, index, errors, onChange } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const number = String(index + 1);
  const id = (field: string) => `incoming-mail-host-${row.key}-${field}`;
  const error = (field: string) =>
    errorAt(errors, `mailHosts.${index}.${field}`);
  return (
    <fieldset className={classes.row}>
      <legend className={classes.legend}>
        {t('editor.mailHost.legend', { number })}
      </legend>
      <FormField
        id={id('protocol')}
        label={t('editor.mailHost.protocol')}
        value={row.protocol}
        error={error('protocol')}
        onChange={value => onChange({ protocol: chosen(protocols, value) })}
        options={protocols.map(protocol => (
          <option key={protocol} value={protocol}>
            {protocol.toUpperCase()}
          </option>
        ))}
      />
      <FormField
        id={id('host')}
        label={t('editor.mailHost.host')}
        value={row.host}
        error={error('host')}
        onChange={host => onChange({ host })}
        required
      />
      <FormField
        id={id('port')}
        label={t('editor.mailHost.port')}
        value={row.port}
        error={error('port')}
        onChange={port => onChange({ port })}
        required
      />
      <FormField
        id={id('security')}
        label={t('editor.mailHost.security')}
        value={row.security}
        error={error('security')}
        onChange={value => onChange({ security: chosen(securities, value) })}
        options={securities
          .filter(
            security => row.protocol === 'imap' || security !== 'starttls',
          )
          .map(security => (
            <option key={security} value={security}>
              {t(`editor.security.${security}`)}
            </option>
          ))}
      />
      <div>
        <IconButton
          size="small"
          aria-label={t('editor.mailHost.remove', { number })}
          onClick={props.onRemove}
        >
          <DeleteIcon />
        </IconButton>
      </div>
    </fieldset>
  );
}

/** The option that a native choice, which knows only text, stands at. */
function chosen<T extends string>(
  options: readonly T[],
  value: string,
): T | undefined {
  return options.find(option => option === value);
}

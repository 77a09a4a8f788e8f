// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import Button from '@material-ui/core/Button';
import IconButton from '@material-ui/core/IconButton';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import AddIcon from '@material-ui/icons/Add';
import DownIcon from '@material-ui/icons/ArrowDownward';
import UpIcon from '@material-ui/icons/ArrowUpward';
import DeleteIcon from '@material-ui/icons/DeleteOutline';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { HandlerDescription } from '@postroom/plugin-incoming-mail-common';
import { errorAt, FieldErrors } from '../../api/fieldErrors';
import { FormField } from '../../components/FormField';
import { Notice } from '../../components/Notice';
import { SectionHeading } from '../../components/SectionHeading';
import { Stack } from '../../components/Stack';
import { incomingMailTranslationRef } from '../../translation';
import {
  HandlerRow,
  withHandler,
  withHandlerSetting,
  withMovedHandler,
} from './handlerRows';
import { HandlerSettingField } from './HandlerSettingField';

const useStyles = makeStyles(
  theme => ({
    list: {
      listStyle: 'none',
      margin: 0,
      padding: 0,
      display: 'flex',
      flexDirection: 'column',
      gap: theme.spacing(2),
    },
    row: { padding: theme.spacing(1.5, 2, 2) },
    actions: { whiteSpace: 'nowrap' },
    add: {
      display: 'flex',
      flexWrap: 'wrap',
      gap: theme.spacing(1.5),
      alignItems: 'flex-start',
      '& > :first-child': { flex: '1 1 220px', maxWidth: 360 },
    },
  }),
  { name: 'IncomingMailHandlerFields' },
);

/** Props of {@link HandlerFields}. */
export interface HandlerFieldsProps {
  rows: readonly HandlerRow[];
  handlers: readonly HandlerDescription[];
  errors: FieldErrors;
  onChange: (rows: readonly HandlerRow[]) => void;
}

/** The handlers that get a mail server's mail, in the order of their turns. */
export function HandlerFields(props: HandlerFieldsProps) {
  const { rows, handlers, errors, onChange } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <Stack>
      {errors.handlers && (
        <Notice severity="error" title={errorAt(errors, 'handlers') ?? ''} />
      )}
      {rows.length === 0 && (
        <Typography variant="body2">
          {t('mailServer.handlers.empty')}
        </Typography>
      )}
      <ol className={classes.list} aria-label={t('mailServer.handlers.list')}>
        {rows.map((row, index) => (
          <HandlerItem
            key={row.key}
            row={row}
            handler={handlers.find(({ id }) => id === row.handlerId)}
            index={index}
            count={rows.length}
            errors={errors}
            onChange={changed =>
              onChange(rows.map(other => (other === row ? changed : other)))
            }
            onMove={by => onChange(withMovedHandler(rows, index, by))}
            onRemove={() => onChange(rows.filter(other => other !== row))}
          />
        ))}
      </ol>
      <AddHandler
        handlers={handlers}
        onAdd={id => onChange(withHandler(rows, id))}
      />
    </Stack>
  );
}

interface HandlerItemProps {
  row: HandlerRow;
  /** Absent where no installed handler has the row's id. */
  handler: HandlerDescription | undefined;
  index: number;
  count: number;
  errors: FieldErrors;
  onChange: (row: HandlerRow) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

function HandlerItem(props: HandlerItemProps) {
  const { row, handler, index, errors, onChange } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const title = handler?.title ?? row.handlerId;
  return (
    <Paper variant="outlined" component="li" className={classes.row}>
      <Stack>
        <SectionHeading
          small
          title={`${index + 1}. ${title}`}
          text={handler?.description}
          actions={<HandlerActions {...props} title={title} />}
        />
        {handler ? (
          handler.fields.map(field => (
            <HandlerSettingField
              key={field.name}
              id={`incoming-mail-handler-${row.key}-${field.name}`}
              field={field}
              value={row.settings[field.name]}
              error={errorAt(
                errors,
                `handlers.${index}.settings.${field.name}`,
              )}
              onChange={value =>
                onChange(withHandlerSetting(row, field.name, value))
              }
            />
          ))
        ) : (
          <Notice
            severity="warning"
            title={t('mailServer.handlers.missing.title')}
          >
            {t('mailServer.handlers.missing.text')}
          </Notice>
        )}
      </Stack>
    </Paper>
  );
}

function HandlerActions(props: HandlerItemProps & { title: string }) {
  const { title, index, count, onMove, onRemove } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <span className={classes.actions}>
      <IconButton
        size="small"
        aria-label={t('mailServer.handlers.up', { title })}
        disabled={index === 0}
        onClick={() => onMove(-1)}
      >
        <UpIcon />
      </IconButton>
      <IconButton
        size="small"
        aria-label={t('mailServer.handlers.down', { title })}
        disabled={index === count - 1}
        onClick={() => onMove(1)}
      >
        <DownIcon />
      </IconButton>
      <IconButton
        size="small"
        aria-label={t('mailServer.handlers.remove', { title })}
        onClick={onRemove}
      >
        <DeleteIcon />
      </IconButton>
    </span>
  );
}

function AddHandler(props: {
  handlers: readonly HandlerDescription[];
  onAdd: (handlerId: string) => void;
}) {
  const { handlers, onAdd } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [chosen, setChosen] = useState(handlers[0]?.id ?? '');
  return (
    <div className={classes.add}>
      <FormField
        id="incoming-mail-add-handler"
        label={t('mailServer.handlers.choose')}
        value={chosen}
        onChange={setChosen}
        options={handlers.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      />
      <Button
        startIcon={<AddIcon />}
        disabled={chosen === ''}
        onClick={() => onAdd(chosen)}
      >
        {t('mailServer.handlers.add')}
      </Button>
    </div>
  );
}

// SPDX-License-Identifier: Apache-2.0
import IconButton from '@material-ui/core/IconButton';
import InputAdornment from '@material-ui/core/InputAdornment';
import TextField from '@material-ui/core/TextField';
import CheckIcon from '@material-ui/icons/Check';
import CopyIcon from '@material-ui/icons/FileCopyOutlined';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { useCopy } from '../hooks/useCopy';
import { incomingMailTranslationRef } from '../translation';

/** Props of {@link CopyField}. */
export interface CopyFieldProps {
  id: string;
  label: string;
  value: string;
  helperText?: string;
}

/** A value that is only there to be copied. */
export function CopyField(props: CopyFieldProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [outcome, copy] = useCopy(props.value);

  return (
    <TextField
      id={props.id}
      label={props.label}
      value={props.value}
      helperText={outcome ? t(`copy.${outcome}`) : props.helperText}
      FormHelperTextProps={{ role: 'status' }}
      variant="outlined"
      size="small"
      fullWidth
      onFocus={event => event.target.select()}
      InputProps={{
        readOnly: true,
        endAdornment: (
          <InputAdornment position="end">
            <IconButton
              size="small"
              aria-label={t('copy.button', { label: props.label })}
              onClick={copy}
            >
              {outcome === 'done' ? <CheckIcon /> : <CopyIcon />}
            </IconButton>
          </InputAdornment>
        ),
      }}
    />
  );
}

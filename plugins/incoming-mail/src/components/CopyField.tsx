// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import IconButton from '@material-ui/core/IconButton';
import InputAdornment from '@material-ui/core/InputAdornment';
import TextField from '@material-ui/core/TextField';
import CheckIcon from '@material-ui/icons/Check';
import CopyIcon from '@material-ui/icons/FileCopyOutlined';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { incomingMailTranslationRef } from '../translation';

const DONE_FOR_MS = 3_000;

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
  const [outcome, setOutcome] = useState<'done' | 'failed'>();

  useEffect(() => {
    if (outcome !== 'done') {
      return undefined;
    }
    const timer = setTimeout(() => setOutcome(undefined), DONE_FOR_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    try {
      // Absent on pages that are not served over https or from localhost.
      await navigator.clipboard.writeText(props.value);
      setOutcome('done');
    } catch {
      setOutcome('failed');
    }
  };

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

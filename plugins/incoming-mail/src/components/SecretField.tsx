// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import IconButton from '@material-ui/core/IconButton';
import InputAdornment from '@material-ui/core/InputAdornment';
import TextField from '@material-ui/core/TextField';
import ShowIcon from '@material-ui/icons/VisibilityOutlined';
import HideIcon from '@material-ui/icons/VisibilityOffOutlined';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { incomingMailTranslationRef } from '../translation';

/** Props of {@link SecretField}. */
export interface SecretFieldProps {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  helperText: string;
  error?: string;
}

/**
 * A field for a secret: what is typed can be looked at, what is stored never
 * comes back here.
 */
export function SecretField(props: SecretFieldProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [shown, setShown] = useState(false);
  return (
    <TextField
      id={props.id}
      label={props.label}
      type={shown ? 'text' : 'password'}
      value={props.value}
      onChange={event => props.onChange(event.target.value)}
      error={props.error !== undefined}
      helperText={props.error ?? props.helperText}
      variant="outlined"
      size="small"
      fullWidth
      // Keeps password managers from filling in the person's own password.
      autoComplete="new-password"
      InputProps={{
        endAdornment: (
          <InputAdornment position="end">
            <IconButton
              size="small"
              aria-label={t(shown ? 'secret.hide' : 'secret.show')}
              onClick={() => setShown(!shown)}
            >
              {shown ? <HideIcon /> : <ShowIcon />}
            </IconButton>
          </InputAdornment>
        ),
      }}
    />
  );
}

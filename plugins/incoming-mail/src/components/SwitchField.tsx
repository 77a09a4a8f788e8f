// SPDX-License-Identifier: Apache-2.0
import FormControlLabel from '@material-ui/core/FormControlLabel';
import FormHelperText from '@material-ui/core/FormHelperText';
import Switch from '@material-ui/core/Switch';

/** Props of {@link SwitchField}. */
export interface SwitchFieldProps {
  id: string;
  label: string;
  checked: boolean;
  hint?: string;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

/** Yes or no, with its hint below. */
export function SwitchField(props: SwitchFieldProps) {
  const hintId = `${props.id}-hint`;
  return (
    <div>
      <FormControlLabel
        label={props.label}
        control={
          <Switch
            id={props.id}
            color="primary"
            checked={props.checked}
            disabled={props.disabled}
            inputProps={{
              'aria-describedby': props.hint === undefined ? undefined : hintId,
            }}
            onChange={event => props.onChange(event.target.checked)}
          />
        }
      />
      {props.hint !== undefined && (
        <FormHelperText id={hintId}>{props.hint}</FormHelperText>
      )}
    </div>
  );
}

// SPDX-License-Identifier: Apache-2.0
import FormControl from '@material-ui/core/FormControl';
import FormControlLabel from '@material-ui/core/FormControlLabel';
import FormHelperText from '@material-ui/core/FormHelperText';
import Switch from '@material-ui/core/Switch';

/** Props of {@link SwitchField}. */
export interface SwitchFieldProps {
  id: string;
  label: string;
  hint?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** A labelled switch with its hint below. */
export function SwitchField(props: SwitchFieldProps) {
  const { id, label, hint, checked, onChange } = props;
  const hintId = `${id}-hint`;
  return (
    <FormControl>
      <FormControlLabel
        label={label}
        control={
          <Switch
            id={id}
            color="primary"
            checked={checked}
            onChange={event => onChange(event.target.checked)}
            inputProps={hint ? { 'aria-describedby': hintId } : undefined}
          />
        }
      />
      {hint && <FormHelperText id={hintId}>{hint}</FormHelperText>}
    </FormControl>
  );
}

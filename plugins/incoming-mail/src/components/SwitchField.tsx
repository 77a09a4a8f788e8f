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
  /** What is wrong with it; stands in the place of the hint. */
  error?: string;
}

/** A labelled switch with its hint below. */
export function SwitchField(props: SwitchFieldProps) {
  const { id, label, checked, onChange, error } = props;
  const hint = error ?? props.hint;
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
      {hint && (
        <FormHelperText id={hintId} error={error !== undefined}>
          {hint}
        </FormHelperText>
      )}
    </FormControl>
  );
}

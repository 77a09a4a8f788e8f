// SPDX-License-Identifier: Apache-2.0
import Checkbox from '@material-ui/core/Checkbox';
import FormControlLabel from '@material-ui/core/FormControlLabel';
import FormHelperText from '@material-ui/core/FormHelperText';

/** Props of {@link CheckField}. */
export interface CheckFieldProps {
  id: string;
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  hint: string;
  /** What is wrong with it; stands in the place of the hint. */
  error?: string;
}

/** A box to tick, with what it means below. */
export function CheckField(props: CheckFieldProps) {
  const hintId = `${props.id}-hint`;
  return (
    <div>
      <FormControlLabel
        label={props.label}
        control={
          <Checkbox
            id={props.id}
            color="primary"
            checked={props.checked}
            inputProps={{ 'aria-describedby': hintId }}
            onChange={event => props.onChange(event.target.checked)}
          />
        }
      />
      <FormHelperText
        id={hintId}
        error={props.error !== undefined}
        variant="outlined"
      >
        {props.error ?? props.hint}
      </FormHelperText>
    </div>
  );
}

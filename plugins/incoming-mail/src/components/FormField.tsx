// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import TextField from '@material-ui/core/TextField';

/** A value that a text field offers; any other can be typed. */
export interface Suggestion {
  readonly value: string;
  /** What people call it. */
  readonly title?: string;
}

/** Props of {@link FormField}. */
export interface FormFieldProps {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** What is wrong with the value; stands in the place of the hint. */
  error?: string;
  hint?: string;
  required?: boolean;
  disabled?: boolean;
  /** Several lines, growing with the text. */
  multiline?: boolean;
  type?: 'text' | 'email' | 'url' | 'date';
  /** The `<option>`s that make it a choice. */
  options?: ReactNode;
  /** What is offered while typing; anything else can be typed as well. */
  suggestions?: readonly Suggestion[];
  onFocus?: () => void;
}

/** A labelled text field or choice with its hint or error below. */
export function FormField(props: FormFieldProps) {
  const { suggestions } = props;
  const listId = `${props.id}-suggestions`;
  const field = (
    <TextField
      id={props.id}
      label={props.label}
      value={props.value}
      onChange={event => props.onChange(event.target.value)}
      error={props.error !== undefined}
      helperText={props.error ?? props.hint}
      required={props.required}
      disabled={props.disabled}
      type={props.multiline || props.options ? undefined : props.type}
      multiline={props.multiline}
      minRows={props.multiline ? 3 : undefined}
      maxRows={props.multiline ? 12 : undefined}
      select={props.options !== undefined}
      // A native choice is the one that works with every keyboard and phone.
      SelectProps={props.options ? { native: true } : undefined}
      InputLabelProps={
        // Neither a choice nor an empty date leaves room for the label.
        props.options || props.type === 'date' ? { shrink: true } : undefined
      }
      inputProps={{ spellCheck: false, list: suggestions && listId }}
      onFocus={props.onFocus}
      variant="outlined"
      size="small"
      autoComplete="off"
      fullWidth
    >
      {props.options}
    </TextField>
  );
  return suggestions ? (
    <div>
      {field}
      {/* The browser's own list works with every keyboard and screen reader. */}
      <datalist id={listId}>
        {suggestions.map(({ value, title }) => (
          <option key={value} value={value} label={title} />
        ))}
      </datalist>
    </div>
  ) : (
    field
  );
}

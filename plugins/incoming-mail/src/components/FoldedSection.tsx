// SPDX-License-Identifier: Apache-2.0
import { ReactNode, useState } from 'react';
import Button from '@material-ui/core/Button';
import LessIcon from '@material-ui/icons/ExpandLess';
import MoreIcon from '@material-ui/icons/ExpandMore';
import { Stack } from './Stack';

/** Props of {@link FoldedSection}. */
export interface FoldedSectionProps {
  /** The words of the button that folds it in and out. */
  title: string;
  /** Whether something in it needs attention; opens it. */
  needsAttention: boolean;
  children: ReactNode;
}

/** Fields that most people leave as they are, out of the way until asked for. */
export function FoldedSection(props: FoldedSectionProps) {
  const [asked, setAsked] = useState(false);
  const open = asked || props.needsAttention;
  return (
    <Stack>
      <div>
        <Button
          size="small"
          aria-expanded={open}
          endIcon={open ? <LessIcon /> : <MoreIcon />}
          onClick={() => setAsked(!open)}
        >
          {props.title}
        </Button>
      </div>
      {open && props.children}
    </Stack>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import { makeStyles } from '@material-ui/core/styles';
import Paper from '@material-ui/core/Paper';
import Table from '@material-ui/core/Table';
import TableBody from '@material-ui/core/TableBody';
import TableCell from '@material-ui/core/TableCell';
import TableHead from '@material-ui/core/TableHead';
import TableRow from '@material-ui/core/TableRow';

const useStyles = makeStyles(
  theme => {
    // On a phone each row becomes a small card of label and value.
    const phone = theme.breakpoints.down('xs');
    return {
      root: { overflowX: 'auto' },
      headCell: { whiteSpace: 'nowrap' },
      table: { [phone]: { display: 'block' } },
      body: { [phone]: { display: 'block' } },
      head: {
        // Out of sight, but still read out.
        [phone]: {
          position: 'absolute',
          width: 1,
          height: 1,
          overflow: 'hidden',
          clipPath: 'inset(50%)',
        },
      },
      row: {
        [phone]: {
          display: 'block',
          padding: theme.spacing(1.5, 0),
          borderBottom: `1px solid ${theme.palette.divider}`,
          '&:last-child': { borderBottom: 0 },
        },
      },
      cell: {
        overflowWrap: 'anywhere',
        lineHeight: theme.typography.body2.lineHeight,
        [phone]: {
          display: 'flex',
          // The table's own right-aligned cells run the other way.
          flexDirection: 'row',
          justifyContent: 'space-between',
          gap: theme.spacing(2),
          padding: theme.spacing(0.5, 2),
          border: 0,
          textAlign: 'right',
          '&::before': {
            content: 'attr(data-label)',
            color: theme.palette.text.secondary,
            textAlign: 'left',
            flexShrink: 0,
          },
        },
      },
    };
  },
  { name: 'IncomingMailRecordTable' },
);

/** One column of a {@link RecordTable}. */
export interface RecordColumn<T> {
  readonly id: string;
  readonly label: string;
  readonly align?: 'right';
  readonly render: (row: T) => ReactNode;
}

/** Props of {@link RecordTable}. */
export interface RecordTableProps<T> {
  /** The table's accessible name. */
  label: string;
  columns: readonly RecordColumn<T>[];
  rows: readonly T[];
}

/** A plain table that is read as cards on a narrow screen. */
export function RecordTable<T extends { id: string }>(
  props: RecordTableProps<T>,
) {
  const classes = useStyles();
  return (
    <Paper variant="outlined" className={classes.root}>
      {/* The roles are spelled out: browsers drop them with `display`. */}
      <Table aria-label={props.label} role="table" className={classes.table}>
        <TableHead role="rowgroup" className={classes.head}>
          <TableRow role="row">
            {props.columns.map(column => (
              <TableCell
                key={column.id}
                role="columnheader"
                align={column.align}
                className={classes.headCell}
              >
                {column.label}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody role="rowgroup" className={classes.body}>
          {props.rows.map(row => (
            <TableRow key={row.id} role="row" className={classes.row}>
              {props.columns.map(column => (
                <TableCell
                  key={column.id}
                  role="cell"
                  align={column.align}
                  className={classes.cell}
                  data-label={column.label}
                >
                  <div>{column.render(row)}</div>
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Paper>
  );
}

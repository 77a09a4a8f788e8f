// SPDX-License-Identifier: Apache-2.0
import {
  Link,
  sidebarConfig,
  useSidebarOpenState,
} from '@backstage/core-components';
import { makeStyles } from '@material-ui/core/styles';
import { Mark } from '../Mark';

const MARK_SIZE = 36;

const useStyles = makeStyles(theme => ({
  root: {
    display: 'flex',
    alignItems: 'center',
    width: '100%',
    height: 2 * sidebarConfig.logoHeight,
    paddingLeft: (sidebarConfig.drawerWidthClosed - MARK_SIZE) / 2,
    color: theme.palette.navigation.selectedColor,
  },
  name: {
    marginLeft: theme.spacing(1.5),
    fontFamily: theme.typography.fontFamily,
    fontSize: '1.5rem',
    fontWeight: 700,
  },
}));

/** The mark, and the name beside it where the sidebar is wide enough. */
export function SidebarLogo() {
  const classes = useStyles();
  const { isOpen } = useSidebarOpenState();
  return (
    <Link
      to="/"
      underline="none"
      className={classes.root}
      aria-label="Postroom, home"
    >
      <Mark size={MARK_SIZE} />
      {isOpen && <span className={classes.name}>Postroom</span>}
    </Link>
  );
}

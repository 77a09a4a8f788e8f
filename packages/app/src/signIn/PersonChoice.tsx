// SPDX-License-Identifier: Apache-2.0
import Avatar from '@material-ui/core/Avatar';
import ButtonBase from '@material-ui/core/ButtonBase';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { Mark } from '../Mark';
import { DEMO_PEOPLE, type DemoPerson } from './demoPeople';

export interface PersonChoiceProps {
  /** The attempt before, where it did not work. */
  readonly failure?: { readonly name: string; readonly error?: Error };
  readonly onChoose: (person: DemoPerson) => void;
}

const useStyles = makeStyles(theme => ({
  page: {
    minHeight: '100vh',
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    padding: theme.spacing(3, 2),
    backgroundColor: theme.palette.background.default,
    color: theme.palette.text.primary,
    fontFamily: theme.typography.fontFamily,
  },
  column: { width: '100%', maxWidth: 440 },
  brand: {
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1.5),
  },
  name: { fontSize: '2rem', fontWeight: 700, margin: 0 },
  lead: {
    margin: theme.spacing(1.5, 0, 4),
    color: theme.palette.text.secondary,
  },
  failure: {
    margin: theme.spacing(-1, 0, 3),
    padding: theme.spacing(1.5, 2),
    borderLeft: `4px solid ${theme.palette.error.main}`,
    backgroundColor: theme.palette.background.paper,
    lineHeight: 1.5,
  },
  people: {
    listStyle: 'none',
    margin: theme.spacing(1.5, 0, 3),
    padding: 0,
    display: 'grid',
    gap: theme.spacing(1.5),
  },
  person: {
    width: '100%',
    justifyContent: 'flex-start',
    gap: theme.spacing(2),
    padding: theme.spacing(2),
    textAlign: 'left',
    font: 'inherit',
    border: `1px solid ${theme.palette.divider}`,
    borderRadius: 8,
    backgroundColor: theme.palette.background.paper,
    transition: theme.transitions.create(['border-color', 'box-shadow']),
    '&:hover': { borderColor: theme.palette.text.secondary },
    '&:focus-visible': {
      borderColor: theme.palette.primary.main,
      boxShadow: `0 0 0 2px ${theme.palette.primary.main}`,
    },
  },
  avatar: {
    backgroundColor: '#1c2b4a',
    color: '#fff',
    fontSize: '0.95rem',
    fontWeight: 700,
  },
  personName: { display: 'block', fontWeight: 700 },
  dash: {
    position: 'absolute',
    width: 1,
    height: 1,
    overflow: 'hidden',
    clipPath: 'inset(50%)',
  },
  role: {
    display: 'block',
    marginTop: theme.spacing(0.25),
    color: theme.palette.text.secondary,
    // After the name the role goes on in the same sentence; on a line of its
    // own it begins one.
    '&::first-letter': { textTransform: 'uppercase' },
  },
  note: { color: theme.palette.text.secondary },
}));

/** An answer of the backend speaks for itself; fetch has one word for the rest. */
function sentenceFor(error: Error | undefined): string {
  return !error || error instanceof TypeError
    ? 'The backend does not answer; it may still be starting. Try again in a moment.'
    : error.message;
}

/** The page on which one chooses whom to be; no password is asked. */
export function PersonChoice({ failure, onChoose }: PersonChoiceProps) {
  const classes = useStyles();
  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <div className={classes.brand}>
          <Mark size={48} />
          <h1 className={classes.name}>Postroom</h1>
        </div>
        <Typography className={classes.lead}>
          Mail that arrives in a project's mailbox becomes a request.
        </Typography>
        {failure && (
          <div role="alert" className={classes.failure}>
            <strong>Could not sign in as {failure.name}.</strong>{' '}
            {sentenceFor(failure.error)}
          </div>
        )}
        <Typography component="h2" variant="subtitle1" id="choose-a-person">
          Sign in as
        </Typography>
        <ul className={classes.people} aria-labelledby="choose-a-person">
          {DEMO_PEOPLE.map(person => (
            <li key={person.provider}>
              <ButtonBase
                className={classes.person}
                onClick={() => onChoose(person)}
              >
                <Avatar className={classes.avatar} aria-hidden>
                  {person.initials}
                </Avatar>
                <span>
                  <span className={classes.personName}>{person.name}</span>
                  <span className={classes.dash}> – </span>
                  <span className={classes.role}>{person.role}</span>
                </span>
              </ButtonBase>
            </li>
          ))}
        </ul>
        <Typography variant="body2" className={classes.note}>
          This is a demo: no password is asked. None of this exists in a
          production installation.
        </Typography>
      </div>
    </main>
  );
}

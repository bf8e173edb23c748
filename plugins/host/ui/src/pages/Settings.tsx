// `/settings/TAB`: the panels of plugins.
import { Alert, Stack, Tab, Tabs, Typography } from '@mui/material';
import { Link, useParams } from 'react-router-dom';
import { Slot } from '../shell/slot';
import { COMPAT, HOST_VERSION, useExtensions, useShell } from '../shell/state';
import { Message } from './Message';

const ABOUT = 'about';

export function Settings() {
  const { tab = ABOUT } = useParams();
  const { user, loading } = useShell();
  const all = useExtensions('settingsPanel');
  const panels = all.filter(
    ({ extension }, index) =>
      extension.path &&
      extension.path !== ABOUT &&
      all.findIndex((other) => other.extension.path === extension.path) === index,
  );
  const current = panels.find(({ extension }) => extension.path === tab);
  // Upstream has not filled it in yet.
  const currentUser = COMPAT === 'upstream' ? '' : user;
  return (
    <Stack spacing={2}>
      <Typography variant="h4" component="h1">
        Settings
      </Typography>
      <Tabs value={current || tab === ABOUT ? tab : false} aria-label="Settings" variant="scrollable" allowScrollButtonsMobile>
        <Tab label="About" value={ABOUT} component={Link} to={`/settings/${ABOUT}`} />
        {panels.map(({ key, extension }) => (
          <Tab
            key={key}
            label={extension.label ?? extension.path}
            value={extension.path}
            data-testid={`plugin-settings-tab-${extension.path}`}
            component={Link}
            to={`/settings/${extension.path}`}
          />
        ))}
      </Tabs>
      {tab === ABOUT && (
        <Alert severity="info">
          {`This is the web shell of everestctl's development host. It shows plugins as OpenEverest ${HOST_VERSION} does and has no features of its own. `}
          <a href="/static/licenses.txt">Licenses of what is in it</a>
        </Alert>
      )}
      {current && <Slot key={current.key} placed={current} props={{ currentUser }} />}
      {tab !== ABOUT && !current && !loading && <Message title="Page not found">{`No plugin has a panel "${tab}".`}</Message>}
    </Stack>
  );
}

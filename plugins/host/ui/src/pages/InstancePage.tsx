// `/databases/NAMESPACE/NAME/TAB`: an instance with the tabs and cards of plugins.
import { Alert, Box, Card, CardContent, CircularProgress, Stack, Tab, Tabs, Typography } from '@mui/material';
import { useEffect } from 'react';
import { Link, useParams } from 'react-router-dom';
import type { Instance } from '../contract/types';
import { Slot } from '../shell/slot';
import { journal, useExtensions, useShell } from '../shell/state';
import { Actions } from './Actions';
import { Message } from './Message';
import { useInstance } from './useInstances';

/** Tabs of OpenEverest's own: whatever a plugin shows under these addresses is not seen. */
const BUILT_IN = ['overview', 'components', 'backups', 'restores', 'logs'];

export function InstancePage() {
  const { namespace = '', instanceName = '', tab = 'overview' } = useParams();
  const known = useInstance(namespace, instanceName);
  if (known.fault) return <Alert severity="error">{known.fault}</Alert>;
  if (!known.value) return <CircularProgress aria-label="loading the instance" />;
  return <Shown instance={known.value} tab={tab} />;
}

function Shown({ instance, tab }: { instance: Instance; tab: string }) {
  const { name, namespace } = instance.metadata;
  const { loading } = useShell();
  const all = useExtensions('clusterDetailTab', { name: instance.spec.providerRef?.name });
  // By its path only, the first plugin wins.
  const tabs = all.filter((placed, index) => {
    const path = placed.extension.path;
    return path && !BUILT_IN.includes(path) && all.findIndex((other) => other.extension.path === path) === index;
  });
  const hidden = all.filter((placed) => placed.extension.path && !tabs.includes(placed));
  useEffect(() => {
    for (const { plugin, extension } of hidden) {
      const path = String(extension.path);
      const owner = BUILT_IN.includes(path) ? 'OpenEverest itself' : tabs.find((other) => other.extension.path === path)?.plugin;
      journal.add(plugin, 'warning', `the tab "${extension.label ?? ''}" is not shown: its path "${path}" is used by ${owner}`);
    }
  }, [hidden.map((placed) => placed.key).join()]);
  const current = tabs.find((placed) => placed.extension.path === tab);
  const base = `/databases/${namespace}/${name}`;
  return (
    <Stack spacing={2}>
      <Stack direction="row" spacing={2} sx={{ alignItems: 'center' }}>
        <Typography variant="h4" component="h1" sx={{ flexGrow: 1 }}>
          {name}
        </Typography>
        <Actions instance={instance} />
      </Stack>
      <Tabs value={current || tab === 'overview' ? tab : false} aria-label="Parts of the database" variant="scrollable" allowScrollButtonsMobile>
        <Tab label="Overview" value="overview" component={Link} to={`${base}/overview`} />
        {tabs.map(({ key, extension }) => (
          <Tab
            key={key}
            label={extension.label ?? extension.path}
            value={extension.path}
            data-testid={`plugin-tab-${extension.path}`}
            component={Link}
            to={`${base}/${extension.path}`}
          />
        ))}
      </Tabs>
      {tab === 'overview' && <Overview instance={instance} />}
      {current && (
        <Slot key={current.key} placed={current} props={{ cluster: instance, namespace, instanceName: name }} />
      )}
      {tab !== 'overview' && !current && !loading && (
        <Message title="Page not found">{`No plugin shows a tab "${tab}" for this database.`}</Message>
      )}
    </Stack>
  );
}

function Overview({ instance }: { instance: Instance }) {
  const { namespace } = instance.metadata;
  const provider = instance.spec.providerRef?.name;
  const cards = useExtensions('clusterCard', { name: provider });
  const facts = [
    ['Namespace', namespace],
    ['Provider', provider || 'none'],
    ['Status', instance.status?.phase ?? 'unknown'],
  ];
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'repeat(auto-fill, minmax(320px, 1fr))' }}>
      <Card variant="outlined">
        <CardContent>
          <Typography variant="h6" component="h2" gutterBottom>
            Details
          </Typography>
          <Box component="dl" sx={{ m: 0, display: 'grid', gridTemplateColumns: 'auto 1fr', columnGap: 2, rowGap: 0.5 }}>
            {facts.map(([label, value]) => (
              <Box key={label} sx={{ display: 'contents' }}>
                <Typography component="dt" color="text.secondary">
                  {label}
                </Typography>
                <Typography component="dd" sx={{ m: 0 }}>
                  {value}
                </Typography>
              </Box>
            ))}
          </Box>
        </CardContent>
      </Card>
      {cards.map((card) => (
        <Card key={card.key} variant="outlined" data-testid={`plugin-card-${card.plugin}`}>
          <CardContent>
            <Typography variant="h6" component="h2" gutterBottom>
              {card.extension.label ?? card.plugin}
            </Typography>
            <Slot placed={card} props={{ cluster: instance, namespace }} />
          </CardContent>
        </Card>
      ))}
    </Box>
  );
}

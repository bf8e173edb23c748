// The frame: the bar at the top, the entries at the side, the page, and the developer's panel.
import {
  AppBar,
  Box,
  Button,
  Chip,
  Drawer,
  IconButton,
  List,
  ListItemButton,
  ListItemIcon,
  ListItemText,
  MenuItem,
  TextField,
  Toolbar,
  Tooltip,
  Typography,
  useMediaQuery,
  useTheme,
} from '@mui/material';
import { useState } from 'react';
import { Link, Navigate, Route, Routes, useLocation } from 'react-router-dom';
import { COMPAT, useExtensions, useJournal, useShell } from '../shell/state';
import { signOut } from '../shell/session';
import type { ColorMode } from '../shell/theme';
import { Databases } from './Databases';
import { DeveloperPanel } from './DeveloperPanel';
import { CreateInstance, EditInstance } from './InstanceForm';
import { InstancePage } from './InstancePage';
import { Message } from './Message';
import { PluginPage } from './PluginPage';
import { Settings } from './Settings';

const WIDTH = 232;

const Mark = ({ path }: { path: string }) => (
  <svg width="20" height="20" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="2">
    <path d={path} />
  </svg>
);
const MARKS = {
  databases: 'M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0zM4 6c0 4 16 4 16 0M4 12c0 4 16 4 16 0',
  settings: 'M4 7h16M4 12h16M4 17h16M8 5v4M16 10v4M10 15v4',
  plugin: 'M9 3v5M15 3v5M6 8h12v4a6 6 0 0 1-12 0zM12 18v3',
  menu: 'M3 6h18M3 12h18M3 18h18',
  light: 'M12 4V2M12 22v-2M4 12H2M22 12h-2M12 7a5 5 0 1 0 0 10a5 5 0 0 0 0-10',
  dark: 'M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z',
};

function Entries({ onChosen }: { onChosen: () => void }) {
  const { pathname } = useLocation();
  const items = useExtensions('sidebarItem');
  const entry = (key: string, to: string, label: string, icon: React.ReactNode) => {
    const isHere = pathname === to || pathname.startsWith(`${to}/`);
    return (
      <ListItemButton
        key={key}
        component={Link}
        to={to}
        selected={isHere}
        aria-current={isHere ? 'page' : undefined}
        onClick={onChosen}
      >
        <ListItemIcon sx={{ minWidth: 36 }}>{icon}</ListItemIcon>
        <ListItemText primary={label} />
      </ListItemButton>
    );
  };
  // Upstream's key is the address: of two entries of one plugin only one is sure to show.
  const linked = new Set<string>();
  const shown = items.filter(({ plugin }) => COMPAT === 'spec' || (!linked.has(plugin) && linked.add(plugin)));
  return (
    <List component="nav" aria-label="Main">
      {entry('databases', '/databases', 'Databases', <Mark path={MARKS.databases} />)}
      {shown.map(({ plugin, extension, key }) => {
        const icon = extension.icon ? (
          <img src={extension.icon} alt="" width={20} height={20} />
        ) : (
          <Mark path={MARKS.plugin} />
        );
        return entry(key, `/plugins/${plugin}`, extension.label ?? plugin, icon);
      })}
      {entry('settings', '/settings', 'Settings', <Mark path={MARKS.settings} />)}
    </List>
  );
}

export function Layout({ mode, toggleMode }: { mode: ColorMode; toggleMode: () => void }) {
  const { user, cluster, clusters, chooseCluster, plugins } = useShell();
  const isWide = useMediaQuery(useTheme().breakpoints.up('md'));
  const [isOpen, setOpen] = useState(false);
  const [isPanelOpen, setPanelOpen] = useState(false);
  const troubles = useJournal().filter((entry) => entry.level !== 'info').length;
  const drawer = (
    <>
      <Toolbar />
      <Entries onChosen={() => setOpen(false)} />
    </>
  );
  return (
    <Box sx={{ display: 'flex', minHeight: '100%' }}>
      <AppBar
        position="fixed"
        color="default"
        elevation={0}
        sx={{ zIndex: (theme) => theme.zIndex.drawer + 1, borderBottom: 1, borderColor: 'divider', bgcolor: 'background.paper' }}
      >
        <Toolbar sx={{ gap: { xs: 0.5, md: 1.5 } }}>
          {!isWide && (
            <IconButton aria-label="Show navigation" onClick={() => setOpen(true)} color="inherit">
              <Mark path={MARKS.menu} />
            </IconButton>
          )}
          {isWide && (
            <>
              <img src="/static/icon.svg" alt="" width={28} height={28} />
              <Typography variant="h6" component="span" noWrap>
                OpenEverest
              </Typography>
            </>
          )}
          <Tooltip title="A development host, not for production">
            <Chip size="small" color="warning" variant="outlined" label={`${isWide ? 'development' : 'dev'}${COMPAT === 'upstream' ? ', as upstream' : ''}`} />
          </Tooltip>
          <Box sx={{ flexGrow: 1 }} />
          {isWide && (
            <TextField
              select
              size="small"
              label="Cluster"
              value={cluster}
              onChange={(event) => chooseCluster(event.target.value)}
              sx={{ minWidth: 120 }}
            >
              {clusters.map((name) => (
                <MenuItem key={name} value={name}>
                  {name}
                </MenuItem>
              ))}
            </TextField>
          )}
          <Button
            size="small"
            variant={isPanelOpen ? 'contained' : 'outlined'}
            color={troubles > 0 ? 'error' : 'primary'}
            aria-expanded={isPanelOpen}
            aria-label={`Plugins ${plugins.length}${troubles > 0 ? `, ${troubles} to look at` : ''}`}
            onClick={() => setPanelOpen(!isPanelOpen)}
            sx={{ whiteSpace: 'nowrap' }}
          >
            {isWide && troubles > 0 ? `Plugins ${plugins.length}, ${troubles} to look at` : `Plugins ${plugins.length}`}
          </Button>
          <IconButton aria-label={mode === 'light' ? 'Dark mode' : 'Light mode'} onClick={toggleMode} color="inherit">
            <Mark path={mode === 'light' ? MARKS.dark : MARKS.light} />
          </IconButton>
          <Button size="small" color="inherit" onClick={() => void signOut()} sx={{ whiteSpace: 'nowrap' }}>
            {isWide && user ? `Sign out ${user}` : 'Sign out'}
          </Button>
        </Toolbar>
      </AppBar>
      <Drawer
        variant={isWide ? 'permanent' : 'temporary'}
        open={isWide || isOpen}
        onClose={() => setOpen(false)}
        sx={{ width: isWide ? WIDTH : 0, flexShrink: 0, '& .MuiDrawer-paper': { width: WIDTH } }}
      >
        {drawer}
      </Drawer>
      <Box sx={{ flexGrow: 1, minWidth: 0, display: 'flex', flexDirection: 'column', height: '100vh' }}>
        <Toolbar />
        <Box component="main" sx={{ flexGrow: 1, overflow: 'auto', p: 3 }}>
          <Routes>
            <Route path="/" element={<Navigate to="/databases" replace />} />
            <Route path="/databases" element={<Databases />} />
            <Route path="/databases/new" element={<CreateInstance />} />
            <Route path="/databases/:namespace/:instanceName/edit" element={<EditInstance />} />
            <Route path="/databases/:namespace/:instanceName/:tab?" element={<InstancePage />} />
            <Route path="/settings/:tab?" element={<Settings />} />
            <Route path="/plugins/:pluginName/*" element={<PluginPage />} />
            <Route path="*" element={<Message title="Page not found">There is nothing at this address.</Message>} />
          </Routes>
        </Box>
        {isPanelOpen && <DeveloperPanel onClose={() => setPanelOpen(false)} />}
      </Box>
    </Box>
  );
}

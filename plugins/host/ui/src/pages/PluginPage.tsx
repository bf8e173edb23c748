// `/plugins/NAME/…`: the page of a plugin.
import { CircularProgress } from '@mui/material';
import { useEffect } from 'react';
import { useParams } from 'react-router-dom';
import { Slot } from '../shell/slot';
import { COMPAT, journal, useExtensions, useShell, type Placed } from '../shell/state';
import { Message } from './Message';

/** The route whose path the address begins with, the longest first; the first one where none has a path. */
function chosen(routes: Placed<'route'>[], subPath: string): Placed<'route'> | undefined {
  if (COMPAT === 'upstream') return routes[0];
  const pathOf = (route: Placed<'route'>): string => (route.extension.path ?? '').replace(/^\/+|\/+$/g, '');
  const fits = routes.filter((route) => {
    const path = pathOf(route);
    return path !== '' && (subPath === path || subPath.startsWith(`${path}/`));
  });
  fits.sort((one, other) => pathOf(other).length - pathOf(one).length);
  return fits[0] ?? routes[0];
}

export function PluginPage() {
  const { pluginName = '', '*': subPath = '' } = useParams();
  const { plugins, loading } = useShell();
  const routes = useExtensions('route').filter((route) => route.plugin === pluginName);
  const extra = routes.length - 1;
  useEffect(() => {
    if (COMPAT === 'upstream' && extra > 0) journal.add(pluginName, 'warning', `current OpenEverest shows only the first of its ${extra + 1} routes`);
  }, [pluginName, extra]);
  const route = chosen(routes, subPath);
  if (route) return <Slot key={`${pluginName} ${route.key}`} placed={route} props={{ pluginName, subPath }} />;
  if (loading) return <CircularProgress aria-label="loading plugins" />;
  const plugin = plugins.find((known) => known.name === pluginName);
  const why = plugin?.why ?? (plugin ? 'The bundle registered no route.' : undefined);
  return (
    <Message title="Plugin not found">
      <p>{`No plugin registered with name "${pluginName}".`}</p>
      {COMPAT === 'spec' && why && <p data-testid="plugin-why">{why}</p>}
    </Message>
  );
}

// What the plugin adds to OpenEverest's page: a summary on its dashboard, a tab of each database, an entry in the navigation, and a page
// of its own.
import { createFrame } from '../../../ui/src/frame';
import type { PluginApi, RouteProps, TabProps } from '../../../ui/src/contract';
import { MetricsClient } from './answer/client';
import { DatabaseTab } from './page/DatabaseTab';
import { DatabaseWidget } from './page/DatabaseWidget';
import { RoutePage } from './page/RoutePage';

export default function register(api: PluginApi): void {
  const client = new MetricsClient(api);
  const Frame = createFrame('metrics', api.cssNonce || undefined);

  function Route({ subPath }: RouteProps) {
    return (
      <Frame>
        <RoutePage client={client} subPath={subPath ?? ''} />
      </Frame>
    );
  }
  function Tab({ cluster, namespace, instanceName }: TabProps) {
    const provider = cluster?.spec?.providerRef?.name;
    return (
      <Frame>
        <DatabaseTab key={`${namespace}/${instanceName}`} client={client} namespace={namespace} instance={instanceName} provider={provider} />
      </Frame>
    );
  }
  function Widget() {
    return (
      <Frame>
        <DatabaseWidget client={client} />
      </Frame>
    );
  }

  api.registerExtension({ type: 'sidebarItem', label: 'Metrics' });
  api.registerExtension({ type: 'route', label: 'Metrics', component: Route });
  api.registerExtension({ type: 'clusterDetailTab', label: 'Metrics', path: 'metrics', component: Tab });
  api.registerExtension({ type: 'globalDashboardWidget', label: 'Metrics', component: Widget });
}

// What the plugin adds to OpenEverest's page: an entry in the navigation, a page of its own, a tab of each PostgreSQL.
import { SqlClient } from './answer/client';
import type { PluginApi, RouteProps, TabProps } from '../../../ui/src/contract';
import { InstanceExplorer } from './page/InstanceExplorer';
import { RoutePage } from './page/RoutePage';
import { createFrame } from '../../../ui/src/frame';

/** The providers of PostgreSQL; the page of the plugin has all instances that its backend takes for one. */
const PROVIDERS = ['provider-percona-postgresql', 'provider-cloudnative-pg'];

export default function register(api: PluginApi): void {
  const client = new SqlClient(api);
  const nonce = api.cssNonce || undefined;
  const Frame = createFrame('sql-explorer', nonce);

  function Route({ subPath }: RouteProps) {
    return (
      <Frame>
        <RoutePage key={subPath} client={client} nonce={nonce} subPath={subPath ?? ''} />
      </Frame>
    );
  }
  function DatabaseTab({ namespace, instanceName }: TabProps) {
    return (
      <Frame>
        <InstanceExplorer key={`${namespace}/${instanceName}`} client={client} nonce={nonce} instance={instanceName} namespace={namespace} />
      </Frame>
    );
  }

  api.registerExtension({ type: 'sidebarItem', label: 'SQL explorer' });
  api.registerExtension({ type: 'route', label: 'SQL explorer', component: Route });
  api.registerExtension({ type: 'clusterDetailTab', label: 'SQL', path: 'sql', providers: PROVIDERS, component: DatabaseTab });
}

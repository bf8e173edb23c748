// Registers one extension of each type; each shows the properties that it got.
import React, { useState } from 'react';
import { createPortal } from 'react-dom';
import { jsx } from 'react/jsx-runtime';

export default function register(api) {
  const shows = (type) => (props) =>
    jsx('pre', { 'data-testid': `slot-${type}`, children: JSON.stringify(props, (_, value) => (typeof value === 'function' ? 'function' : value)) });
  const isShared = api.React.useState === useState && api.React.version === React.version;
  function Route(props) {
    const [count, setCount] = useState(0);
    return jsx('section', {
      children: [
        jsx('h1', { children: 'Every slot', key: 'h' }),
        jsx('div', { key: 'p', children: shows('route')(props) }),
        jsx('button', { key: 'b', onClick: () => setCount(count + 1), children: `clicked ${count}` }),
        jsx('p', { key: 's', 'data-testid': 'shared', children: String(isShared && typeof createPortal === 'function') }),
        jsx('p', { key: 'a', 'data-testid': 'api', children: JSON.stringify({ keys: Object.keys(api).sort(), base: api.basePath, nonce: api.cssNonce.length > 8, version: api.hostVersion, contract: api.uiContractVersion }) }),
        jsx('p', { key: 'c', 'data-testid': 'themed', style: { color: 'var(--everest-color-primary-main)' }, children: 'in the colour of the host' }),
      ],
    });
  }
  function Action(props) {
    return jsx('div', { children: [shows('clusterAction')(props), jsx('button', { key: 'x', onClick: props.onClose, children: 'Done' })] });
  }
  function Section(type) {
    return (props) =>
      jsx('label', {
        children: ['Retention', jsx('input', { key: 'i', 'data-testid': `input-${type}`, onChange: (event) => props.onChange({ retention: event.target.value }) }), jsx('div', { key: 'd', children: shows(type)(props) })],
      });
  }
  api.registerExtension({ type: 'route', label: 'Every slot', component: Route });
  api.registerExtension({ type: 'sidebarItem', label: 'Every slot' });
  api.registerExtension({ type: 'clusterDetailTab', label: 'Every tab', path: 'every', component: shows('clusterDetailTab') });
  api.registerExtension({ type: 'clusterDetailTab', label: 'For MySQL', path: 'mysql', providers: ['provider-percona-xtradb'], component: shows('mysql') });
  api.registerExtension({ type: 'clusterAction', label: 'Every action', component: Action });
  api.registerExtension({ type: 'clusterAction', label: 'Action for MySQL', providers: ['provider-percona-xtradb'], component: Action });
  api.registerExtension({ type: 'clusterCard', label: 'Every card', component: shows('clusterCard') });
  api.registerExtension({ type: 'globalDashboardWidget', label: 'Every widget', component: shows('globalDashboardWidget') });
  api.registerExtension({ type: 'settingsPanel', label: 'Every panel', path: 'every', component: shows('settingsPanel') });
  api.registerExtension({ type: 'instanceCreateFormSection', label: 'Every section', component: Section('create') });
  api.registerExtension({ type: 'instanceEditFormSection', label: 'Every section', component: Section('edit') });
}

export default (api) => {
  api.registerExtension({ type: 'route', label: 'First', component: () => 'the first route' });
  api.registerExtension({ type: 'route', label: 'Second', path: '/second', component: ({ subPath }) => `the second route at ${subPath}` });
  api.registerExtension({ type: 'sidebarItem', label: 'Two A' });
  api.registerExtension({ type: 'sidebarItem', label: 'Two B' });
  api.registerExtension({ type: 'clusterDetailTab', label: 'Taken', path: 'every', component: () => 'the second of this path' });
};

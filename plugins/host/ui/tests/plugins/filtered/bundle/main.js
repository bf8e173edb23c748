export default (api) => {
  api.registerExtension({ type: 'clusterDetailTab', label: 'Filtered', path: 'filtered', component: () => 'filtered' });
  api.registerExtension({ type: 'sidebarItem', label: 'Filtered' });
};

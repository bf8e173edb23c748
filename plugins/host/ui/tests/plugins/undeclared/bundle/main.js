export default (api) => {
  api.registerExtension({ type: 'route', label: 'Undeclared', component: () => 'declared' });
  api.registerExtension({ type: 'sidebarItem', label: 'Not declared' });
  api.registerExtension({ type: 'instanceCreateStep', label: 'An old name' });
  api.registerExtension({ type: 'nonsense' });
};

export default (api) => api.registerExtension({ type: 'sidebarItem', label: 'Must not show' });

export default (api) => api.registerExtension({ type: 'sidebarItem', label: 'Right integrity' });

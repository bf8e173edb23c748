export function register(api) {
  api.registerExtension({ type: 'sidebarItem', label: 'Half registered' });
  throw new Error('thrown in register');
}

export default (api) => {
  setTimeout(() => {
    throw new Error('thrown by a timer');
  }, 50);
  void Promise.reject(new Error('rejected and not caught'));
  console.error('something is wrong', { code: 7 });
  api.registerExtension({ type: 'sidebarItem', label: 'Throws later' });
};

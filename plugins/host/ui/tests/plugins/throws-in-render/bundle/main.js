export default (api) => {
  const Broken = () => {
    throw new Error('thrown in render');
  };
  const Late = () => {
    api.React.useEffect(() => {
      throw new Error('thrown in an effect');
    }, []);
    return 'for a moment';
  };
  api.registerExtension({ type: 'route', label: 'Broken', component: Broken });
  api.registerExtension({ type: 'globalDashboardWidget', label: 'Broken widget', component: Late });
  api.registerExtension({ type: 'clusterCard', label: 'Broken card', component: Broken });
  api.registerExtension({ type: 'instanceCreateFormSection', label: 'Broken section', component: Broken });
};

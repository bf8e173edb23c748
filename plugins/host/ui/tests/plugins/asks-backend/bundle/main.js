export default (api) => {
  const { React } = api;
  const ask = api.fetch.bind(api);
  function Route() {
    const [answer, setAnswer] = React.useState('nothing yet');
    const send = async () => {
      setAnswer('asking');
      try {
        const response = await ask('/api/echo', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"say":"it\'s"}' });
        setAnswer(`${response.status} ${await response.text()}`);
      } catch (thrown) {
        setAnswer(String(thrown));
      }
    };
    return React.createElement('div', null, React.createElement('button', { onClick: send }, 'Ask'), React.createElement('p', { 'data-testid': 'answer' }, answer));
  }
  function Section({ onChange }) {
    React.useEffect(() => onChange({ size: 'small' }), [onChange]);
    return 'asks for a small one';
  }
  api.registerExtension({ type: 'route', label: 'Asks', component: Route });
  api.registerExtension({ type: 'sidebarItem', label: 'Asks' });
  api.registerExtension({ type: 'instanceCreateFormSection', label: 'Size', component: Section });
};

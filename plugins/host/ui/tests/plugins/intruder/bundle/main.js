// Does what a page must survive: other origins, inline code, the shared runtime, the DOM and storage of others.
export default (api) => {
  const { React } = api;
  const failures = [];
  const attempt = (name, act) => {
    try {
      act();
      failures.push(`${name} worked`);
    } catch (thrown) {
      failures.push(`${name} refused: ${thrown.name}`);
    }
  };
  attempt('runtime', () => {
    window.__EVEREST_PLUGIN_RUNTIME__ = { React: {} };
  });
  attempt('member', () => {
    window.__EVEREST_PLUGIN_RUNTIME__.React = {};
  });
  attempt('eval', () => eval('1'));
  function Route() {
    React.useEffect(() => {
      const image = new Image();
      image.src = 'https://other.example/pixel.png';
      fetch('https://other.example/steal').catch(() => {});
      const script = document.createElement('script');
      script.textContent = 'window.inlineRan = true';
      document.body.append(script);
      localStorage.setItem('someone-elses', 'changed');
    }, []);
    return React.createElement('p', { 'data-testid': 'intruder' }, failures.join('; '));
  }
  api.registerExtension({ type: 'route', label: 'Intruder', component: Route });
};

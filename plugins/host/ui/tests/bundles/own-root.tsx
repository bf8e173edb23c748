// A bundle with a React and a root of its own, as some in the wild have: no boundary of the page sees what it throws.
import * as React from 'react';
import { createRoot } from 'react-dom/client';
import type { PluginApi, TabProps } from '../../src/contract/types';

export function register(api: PluginApi): void {
  function Inside({ name }: { name: string }) {
    const [broken, setBroken] = React.useState(false);
    if (broken) throw new Error('thrown in a root of its own');
    return (
      <div>
        <p data-testid="own-root">{`${name}, ${api.React.useState === React.useState ? 'shared' : 'its own React'}`}</p>
        <button onClick={() => setBroken(true)}>Break</button>
      </div>
    );
  }
  function Tab({ instanceName }: TabProps) {
    const place = api.React.useRef<HTMLDivElement>(null);
    api.React.useEffect(() => {
      if (!place.current) return;
      const root = createRoot(place.current);
      root.render(<Inside name={instanceName} />);
      return () => {
        setTimeout(() => root.unmount());
      };
    }, [instanceName]);
    return api.React.createElement('div', { ref: place });
  }
  api.registerExtension({ type: 'clusterDetailTab', label: 'Own root', path: 'own-root', component: Tab });
}

// The instances of the host, as the API lists them.
import { useEffect, useState } from 'react';
import { textOf } from '../contract/journal';
import type { Instance } from '../contract/types';
import { get } from '../shell/session';
import { useShell } from '../shell/state';

export interface Known<T> {
  value?: T;
  fault?: string;
}

function useAnswer<T>(ask: (() => Promise<T>) | undefined, keys: unknown[]): Known<T> {
  const [known, setKnown] = useState<Known<T>>({});
  useEffect(() => {
    let isCurrent = true;
    setKnown({});
    ask?.().then(
      (value) => isCurrent && setKnown({ value }),
      (thrown: unknown) => isCurrent && setKnown({ fault: textOf(thrown) }),
    );
    return () => {
      isCurrent = false;
    };
  }, keys);
  return known;
}

const below = (cluster: string, namespace: string): string =>
  `/v1/clusters/${encodeURIComponent(cluster)}/namespaces/${encodeURIComponent(namespace)}/instances`;

export function useInstances(): Known<Instance[]> {
  const { cluster, namespaces } = useShell();
  const all = async (): Promise<Instance[]> => {
    const lists = await Promise.all(namespaces.map((name) => get<{ items: Instance[] }>(below(cluster, name))));
    return lists.flatMap((list) => list.items);
  };
  return useAnswer(all, [cluster, namespaces.join()]);
}

export function useInstance(namespace: string, name: string): Known<Instance> {
  const { cluster } = useShell();
  return useAnswer(() => get<Instance>(`${below(cluster, namespace)}/${encodeURIComponent(name)}`), [cluster, namespace, name]);
}

export function useProviders(): Known<string[]> {
  const { cluster } = useShell();
  const ask = async (): Promise<string[]> => {
    const list = await get<{ items: { metadata: { name: string } }[] }>(`/v1/clusters/${encodeURIComponent(cluster)}/providers`);
    return list.items.map((item) => item.metadata.name);
  };
  return useAnswer(ask, [cluster]);
}

// A list that is asked for once, and again when somebody wants it.
import { useCallback, useEffect, useState } from 'react';
import { asProblem, type Problem } from '../../../../ui/src/problem';

export interface Listed<T> {
  items: readonly T[] | undefined;
  problem: Problem | undefined;
  reload: () => void;
}

/** `key` says what is asked for; nothing is, where there is none. */
export function useList<T>(key: string | undefined, ask: (signal: AbortSignal) => Promise<readonly T[]>): Listed<T> {
  const [state, setState] = useState<{ items?: readonly T[]; problem?: Problem }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    setState({});
    if (key === undefined) return undefined;
    const controller = new AbortController();
    ask(controller.signal).then(
      (items) => controller.signal.aborted || setState({ items }),
      (thrown: unknown) => controller.signal.aborted || setState({ problem: asProblem(thrown) }),
    );
    return () => controller.abort();
  }, [key, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { items: state.items, problem: state.problem, reload };
}

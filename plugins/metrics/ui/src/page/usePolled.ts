// What a part of the page shows, as new as it is wanted.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Problem } from '../../../../ui/src/problem';
import { Poller } from './poller';

export interface Polled<T> {
  /** The latest that came; it stays while a newer one fails. */
  value: T | undefined;
  problem: Problem | undefined;
  /** When it came. */
  at: number | undefined;
  refresh: () => void;
}

interface State<T> {
  key: string | undefined;
  value?: T;
  problem?: Problem;
  at?: number;
}

/** `key` says what is asked for; nothing is, where there is none. `seconds` are between two requests; 0 asks once. */
export function usePolled<T>(key: string | undefined, seconds: number, ask: (signal: AbortSignal) => Promise<T>): Polled<T> {
  const [state, setState] = useState<State<T>>({ key });
  const poller = useRef<Poller<T>>();
  const ended = useRef(Promise.resolve());
  useEffect(() => {
    if (key === undefined) return undefined;
    const mine = new Poller<T>(ask, seconds * 1000, (outcome) => {
      setState((before) => {
        if ('value' in outcome) return { key, value: outcome.value, at: Date.now() };
        const kept = before.key === key ? before : {};
        return { ...kept, key, problem: outcome.problem };
      });
    });
    poller.current = mine;
    void mine.start(ended.current);
    return () => {
      ended.current = mine.stop();
    };
  }, [key, seconds]);
  const refresh = useCallback(() => poller.current?.refresh(), []);
  // What was asked for something else is not shown for this.
  const mine: Partial<State<T>> = state.key === key ? state : {};
  return { value: mine.value, problem: mine.problem, at: mine.at, refresh };
}

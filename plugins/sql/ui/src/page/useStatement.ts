// One statement at a time: running it, its plan, and giving it up. What runs when the page is left is cancelled, too.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { SqlClient, StatementOptions, Target } from '../answer/client';
import { asProblem, isAborted, Problem } from '../../../../ui/src/problem';
import type { Summary } from '../answer/rows';
import type { ChosenStatement } from '../editor/statement';
import { planOf, type Plan } from '../plan/plan';
import { ResultStore } from '../results/store';

interface Ran {
  statement: ChosenStatement;
  running: boolean;
  cancelled: boolean;
  problem?: Problem;
  milliseconds?: number;
}
export interface RowsOfRun extends Ran {
  store: ResultStore;
  summary?: Summary;
  write: boolean;
}
export interface PlanOfRun extends Ran {
  plan?: Plan;
}

export interface StatementRuns {
  rows: RowsOfRun | undefined;
  plan: PlanOfRun | undefined;
  /** Whether something runs now. */
  running: boolean;
  run: (target: Target, statement: ChosenStatement, options: StatementOptions) => Promise<RowsOfRun>;
  explain: (target: Target, statement: ChosenStatement, analyze: boolean, timeout: string) => Promise<PlanOfRun>;
  cancel: () => void;
}

export function useStatement(client: SqlClient): StatementRuns {
  const [rows, setRows] = useState<RowsOfRun>();
  const [plan, setPlan] = useState<PlanOfRun>();
  const controller = useRef(new AbortController());
  useEffect(() => () => controller.current.abort(), []);

  /** Runs `act`, and says what came of it; whatever ran before is given up. */
  const follow = useCallback(async <T extends Ran>(begun: T, set: (ran: T) => void, act: (signal: AbortSignal) => Promise<Partial<T>>): Promise<T> => {
    controller.current.abort();
    const mine = new AbortController();
    controller.current = mine;
    set(begun);
    const started = performance.now();
    const end = (more: Partial<T>): T => {
      const ended = { ...begun, running: false, milliseconds: performance.now() - started, ...more };
      set(ended);
      return ended;
    };
    try {
      return end(await act(mine.signal));
    } catch (thrown) {
      const isCancelled = isAborted(thrown) || mine.signal.aborted;
      return end((isCancelled ? { cancelled: true } : { problem: asProblem(thrown) }) as Partial<T>);
    }
  }, []);

  const run = useCallback(
    (target: Target, statement: ChosenStatement, options: StatementOptions): Promise<RowsOfRun> => {
      const store = new ResultStore();
      const begun: RowsOfRun = { statement, store, running: true, cancelled: false, write: options.write };
      const arrival = { columns: store.setColumns, rows: store.addRows };
      return follow(begun, setRows, async (signal) => ({ summary: await client.run(target, statement.sql, options, arrival, signal) }));
    },
    [client, follow],
  );
  const explain = useCallback(
    (target: Target, statement: ChosenStatement, analyze: boolean, timeout: string): Promise<PlanOfRun> =>
      follow<PlanOfRun>({ statement, running: true, cancelled: false }, setPlan, async (signal) => {
        const found = planOf(await client.plan(target, statement.sql, analyze, timeout, signal));
        if (!found) throw new Problem('The server gave no plan for this statement.', 'Plans are of select, insert, update, delete, merge and values.');
        return { plan: found };
      }),
    [client, follow],
  );
  const cancel = useCallback(() => controller.current.abort(), []);
  return { rows, plan, running: rows?.running === true || plan?.running === true, run, explain, cancel };
}

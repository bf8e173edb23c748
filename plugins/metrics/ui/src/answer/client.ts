// The plugin's backend. Everything that is asked of it is asked here; its OpenAPI document describes the answers.
import { Backend } from '../../../../ui/src/backend';
import type { PluginApi } from '../../../../ui/src/contract';
import { Problem } from '../../../../ui/src/problem';
import { HINTS, PROMETHEUS_GONE } from './problem';

/** A number, or a text where JSON has none for it: `NaN`, `+Inf`, `-Inf`. */
export type SampleValue = number | string;

export interface Point {
  time: string;
  value: SampleValue;
}
export interface Series {
  name: string;
  value: SampleValue;
  min?: SampleValue;
  max?: SampleValue;
  labels: Record<string, string>;
  points?: Point[];
}
export interface QueryResult {
  unit: string;
  time: string;
  since?: string;
  step?: number;
  series: Series[];
  more?: number;
  warnings?: string[];
}
export interface DashboardSummary {
  name: string;
  title: string;
  panels: number;
  instance: boolean;
  providers: string[];
  problem?: string;
  description: string;
}
export interface Panel {
  title: string;
  unit: string;
  kind: 'line' | 'bar' | 'value';
  problem?: string;
}
export interface BoardResult {
  title: string;
  description: string;
  since: string;
  until: string;
  step: number;
  panels: Panel[];
  series: (Series & { panel: string })[];
}
export interface DatabaseUse {
  name: string;
  namespace: string;
  provider: string;
  cpu: SampleValue | null;
  memory: SampleValue | null;
  connections: SampleValue | null;
  replicationLag: SampleValue | null;
}
export interface Alert {
  name: string;
  state: 'firing' | 'pending';
  severity: string;
  namespace: string;
  since: string | null;
  summary: string;
}
export interface MetricName {
  name: string;
  help: string;
}

/** What is looked at: all that the caller may see, or a part of it. */
export interface Scope {
  namespace?: string | undefined;
  instance?: string | undefined;
}

/** Only what has a value. */
function given(words: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(words).filter((word): word is [string, string] => word[1] !== undefined && word[1] !== ''));
}

export class MetricsClient {
  private readonly backend: Backend;

  constructor(api: PluginApi) {
    this.backend = new Backend(api, HINTS);
  }

  top(by: string, scope: Scope, signal?: AbortSignal): Promise<DatabaseUse[]> {
    return this.list('/api/top', { by, namespace: scope.namespace }, signal);
  }
  alerts(scope: Scope, signal?: AbortSignal): Promise<Alert[]> {
    return this.list('/api/alerts', { namespace: scope.namespace }, signal);
  }
  dashboards(signal?: AbortSignal): Promise<DashboardSummary[]> {
    return this.list('/api/dashboards', {}, signal);
  }
  dashboard(name: string, scope: Scope, since: string, signal?: AbortSignal): Promise<BoardResult> {
    return this.read(`/api/dashboards/${encodeURIComponent(name)}`, { since, ...scope }, signal);
  }
  query(expr: string, scope: Scope, since: string, signal?: AbortSignal): Promise<QueryResult> {
    return this.read('/api/query', { expr, since, namespace: scope.namespace }, signal);
  }
  metrics(signal?: AbortSignal): Promise<MetricName[]> {
    return this.list('/api/metrics', {}, signal);
  }

  private list<T>(path: string, words: Record<string, string | undefined>, signal?: AbortSignal): Promise<T[]> {
    return this.backend.list<T>(path, given(words), signal).catch(explained);
  }
  private read<T>(path: string, words: Record<string, string | undefined>, signal?: AbortSignal): Promise<T> {
    return this.backend.read<T>(path, given(words), signal).catch(explained);
  }
}

/** Adds what to do about a Prometheus that is gone. */
function explained(thrown: unknown): never {
  if (thrown instanceof Problem && thrown.hint === undefined && thrown.status === 502) {
    throw new Problem(thrown.message, PROMETHEUS_GONE, thrown.detail, thrown.position, thrown.status);
  }
  throw thrown;
}

// The server's plan (EXPLAIN, FORMAT JSON) as a tree with the times and rows of each step; pure.

export interface PlanNode {
  id: string;
  label: string;
  /** The table, index or function that it is about. */
  subject: string | undefined;
  cost: number;
  planRows: number;
  /** Rows of all loops together, where it was run. */
  rows: number | undefined;
  /** Milliseconds of all loops, with what is below it. */
  time: number | undefined;
  /** The part of the whole that this step alone takes, from 0 to 1: of the time, or else of the cost. */
  share: number;
  /** How many times as many rows there were as was guessed, or as few; only where it was far off. */
  misjudged: number | undefined;
  details: [string, string][];
  children: PlanNode[];
}

export interface Plan {
  root: PlanNode;
  planning: number | undefined;
  execution: number | undefined;
}

type Fields = Record<string, unknown>;

/** What is shown in the columns and the label, or is of no use to people. */
const SHOWN = new Set([
  'Node Type', 'Plans', 'Startup Cost', 'Total Cost', 'Plan Rows', 'Plan Width', 'Actual Startup Time', 'Actual Total Time',
  'Actual Rows', 'Actual Loops', 'Parallel Aware', 'Async Capable', 'Relation Name', 'Schema', 'Alias', 'Index Name', 'Join Type',
  'Parent Relationship', 'Subplan Name', 'Disabled',
]);
/** No plan is deeper: what is, is not shown. */
const DEEPEST = 200;
const FAR_OFF = 10;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function labelOf(fields: Fields): string {
  const type = textOf(fields['Node Type']) ?? 'Step';
  const join = textOf(fields['Join Type']);
  const parallel = fields['Parallel Aware'] === true ? 'Parallel ' : '';
  const joined = join && join !== 'Inner' && type !== 'Nested Loop' ? type.replace(/ Join$|$/, ` ${join} Join`) : type;
  const named = join && join !== 'Inner' && type === 'Nested Loop' ? `${type} ${join} Join` : joined;
  const part = textOf(fields['Subplan Name']);
  return `${parallel}${named}${part ? ` (${part})` : ''}`;
}

function subjectOf(fields: Fields): string | undefined {
  const table = textOf(fields['Relation Name']) ?? textOf(fields['Function Name']) ?? textOf(fields['CTE Name']);
  const alias = textOf(fields['Alias']);
  const index = textOf(fields['Index Name']);
  const named = table && alias && alias !== table ? `${table} as ${alias}` : (table ?? alias);
  return [named, index ? `using ${index}` : undefined].filter(Boolean).join(' ') || undefined;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function nodeOf(fields: Fields, id: string, whole: { time: number | undefined; cost: number }, depth: number): PlanNode {
  const below = Array.isArray(fields['Plans']) && depth < DEEPEST ? fields['Plans'].filter(isFields) : [];
  const children = below.map((child, index) => nodeOf(child, `${id}.${index}`, whole, depth + 1));
  const loops = numberOf(fields['Actual Loops']);
  const each = numberOf(fields['Actual Total Time']);
  const time = each === undefined ? undefined : each * (loops ?? 1);
  const actual = numberOf(fields['Actual Rows']);
  const cost = numberOf(fields['Total Cost']) ?? 0;
  const planRows = numberOf(fields['Plan Rows']) ?? 0;
  const own = (mine: number, theirs: (child: PlanNode) => number): number =>
    Math.max(0, mine - children.reduce((sum, child) => sum + theirs(child), 0));
  const share =
    whole.time !== undefined && time !== undefined
      ? own(time, (child) => child.time ?? 0) / (whole.time || 1)
      : own(cost, (child) => child.cost) / (whole.cost || 1);
  const factor = actual === undefined || loops === 0 ? 1 : Math.max(actual, 1) / Math.max(planRows, 1);
  const details = Object.entries(fields)
    .filter(([name, value]) => !SHOWN.has(name) && value !== 0 && value !== false)
    .map(([name, value]): [string, string] => [name, shown(value)]);
  return {
    id,
    label: labelOf(fields),
    subject: subjectOf(fields),
    cost,
    planRows,
    rows: actual === undefined ? undefined : actual * (loops ?? 1),
    time,
    share: Math.min(1, share),
    misjudged: factor >= FAR_OFF || factor <= 1 / FAR_OFF ? factor : undefined,
    details,
    children,
  };
}

/** Reads a plan; nothing where it is none. */
export function planOf(answer: unknown): Plan | undefined {
  const first: unknown = Array.isArray(answer) ? answer[0] : undefined;
  if (!isFields(first) || !isFields(first['Plan'])) return undefined;
  const top = first['Plan'];
  const each = numberOf(top['Actual Total Time']);
  const time = each === undefined ? undefined : each * (numberOf(top['Actual Loops']) ?? 1);
  const root = nodeOf(top, '0', { time, cost: numberOf(top['Total Cost']) ?? 0 }, 0);
  return { root, planning: numberOf(first['Planning Time']), execution: numberOf(first['Execution Time']) };
}

/** A step as a line of the tree. */
export interface PlanLine {
  node: PlanNode;
  level: number;
  position: number;
  siblings: number;
}

/** The lines that can be seen, with what is closed left out. */
export function linesOf(root: PlanNode, closed: ReadonlySet<string>): PlanLine[] {
  const lines: PlanLine[] = [];
  const add = (nodes: readonly PlanNode[], level: number): void => {
    nodes.forEach((node, index) => {
      lines.push({ node, level, position: index + 1, siblings: nodes.length });
      if (!closed.has(node.id)) add(node.children, level + 1);
    });
  };
  add([root], 1);
  return lines;
}

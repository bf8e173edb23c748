// The commands that a plugin's OpenAPI document makes, as far as one of them does what a request asks for. What is not surely the same
// is none: the request itself can always be a command (`command.ts`).

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What everestctl has for itself: an argument of this name has another one there. */
const RESERVED = new Set([
  ...['help', 'version', 'body', 'set', 'jq', 'columns', 'sort-by', 'no-headers', 'output-file', 'dry-run', 'yes'],
  ...['context', 'cluster', 'namespace', 'all-namespaces', 'output', 'o', 'json', 'offline', 'verbose', 'quiet', 'color', 'kubeconfig'],
  ...['request-timeout', 'ca-file', 'insecure-skip-tls-verify', 'allow-http', 'via', 'no-plugins', 'no-extensions'],
]);
/** Keys of an operation whose command has more arguments, or others. */
const OTHERWISE = ['x-cli-ignore', 'x-cli-hidden', 'x-cli-wait', 'x-cli-pagination', 'x-cli-transfer', 'x-cli-body'];
/** The cluster that a command means when it names none. */
const MAIN = 'main';
const DEEPEST = 16;

/** One call to a plugin's backend. */
export interface Call {
  method: string;
  /** With its query. */
  path: string;
  body: string | undefined;
}

interface Argument {
  name: string;
  schema: Fields;
  keys: Fields;
}

/** A step of an address, as it is meant. */
function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return '';
  }
}

class Document {
  constructor(private readonly root: Fields) {}

  resolved(value: unknown, depth = 0): Fields {
    if (!isFields(value)) return {};
    const reference = textOf(value['$ref']);
    if (reference === undefined) return value;
    if (!reference.startsWith('#/') || depth > DEEPEST) return {};
    const steps = reference.slice(2).split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    let found: unknown = this.root;
    for (const step of steps) found = isFields(found) && Object.hasOwn(found, step) ? found[step] : undefined;
    const rest = { ...value };
    delete rest['$ref'];
    return { ...this.resolved(found, depth + 1), ...rest };
  }

  properties(value: unknown, depth = 0): Map<string, Argument> {
    const schema = this.resolved(value);
    const found = new Map<string, Argument>();
    if (depth > DEEPEST) return found;
    for (const part of listOf(schema['allOf'])) {
      for (const [name, argument] of this.properties(part, depth + 1)) found.set(name, argument);
    }
    for (const [name, property] of Object.entries(isFields(schema['properties']) ? schema['properties'] : {})) {
      found.set(name, { name, schema: this.resolved(property), keys: this.resolved(property) });
    }
    return found;
  }

  /** The operation of a call, and the values in its path. */
  operation(method: string, path: string): { operation: Fields; parameters: Fields[]; inPath: Map<string, string> } | undefined {
    const steps = path.split('/');
    const paths = isFields(this.root['paths']) ? Object.entries(this.root['paths']) : [];
    // A path without parameters is meant before one with them.
    paths.sort(([one], [other]) => Number(one.includes('{')) - Number(other.includes('{')));
    for (const [template, value] of paths) {
      const item = this.resolved(value);
      const operation = item[method.toLowerCase()];
      const parts = template.split('/');
      if (!isFields(operation) || parts.length !== steps.length) continue;
      const inPath = new Map<string, string>();
      const fits = parts.every((part, index) => {
        const name = /^\{([^{}]+)\}$/.exec(part)?.[1];
        const step = steps[index] ?? '';
        if (name === undefined) return part === step;
        inPath.set(name, decoded(step));
        return inPath.get(name) !== '';
      });
      if (!fits) continue;
      const parameters = [...listOf(item['parameters']), ...listOf(operation['parameters'])].map((one) => this.resolved(one));
      return { operation, parameters, inPath };
    }
    return undefined;
  }

  body(operation: Fields): Map<string, Argument> {
    const content = this.resolved(operation['requestBody'])['content'];
    const media = isFields(content) ? content['application/json'] : undefined;
    return isFields(media) ? this.properties(media['schema']) : new Map();
  }
}

function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase();
}

/** An argument's words, `[]` where it says nothing, nothing where it cannot be said. */
function words({ name, schema, keys }: Argument, value: unknown): { positional: string } | string[] | undefined {
  const written = textOf(keys['x-cli-name']) ?? kebab(name);
  const standard = schema['default'] ?? (schema['type'] === 'boolean' ? false : undefined);
  if (value === null || value === standard) return [];
  if (typeof value === 'boolean') return value && standard === false && !RESERVED.has(written) ? [`--${written}`] : undefined;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value);
  // These would be read as a file, or as standard input.
  if (text === '-' || text.startsWith('@')) return undefined;
  const meaning = textOf(keys['x-cli-name']) ? written : { 'k8s-cluster': 'cluster', ns: 'namespace' }[written] ?? written;
  if (meaning === 'cluster' && text === MAIN) return [];
  if (meaning === 'cluster' || meaning === 'namespace') return [`--${meaning}`, text];
  if (keys['x-cli-positional'] === true) return text.startsWith('-') ? undefined : { positional: text };
  if (RESERVED.has(written) || keys['x-cli-hidden'] === true) return undefined;
  return text.startsWith('-') ? [`--${written}=${text}`] : [`--${written}`, text];
}

/** The words of the plugin's own command for a call; nothing where none of them surely does the same. */
export function commandWords(plugin: string, root: unknown, call: Call): string[] | undefined {
  if (!isFields(root)) return undefined;
  const document = new Document(root);
  const [path = '', query = ''] = call.path.split(/\?(.*)/s, 2);
  const found = document.operation(call.method, path);
  const name = textOf(found?.operation['x-cli-name']);
  if (!found || name === undefined || OTHERWISE.some((key) => found.operation[key] !== undefined)) return undefined;

  const given: [Argument | undefined, unknown][] = [];
  const parameter = (place: string, wanted: string): Argument | undefined => {
    const one = found.parameters.find((known) => known['in'] === place && known['name'] === wanted);
    return one && { name: wanted, schema: document.resolved(one['schema']), keys: { ...(place === 'path' ? { 'x-cli-positional': true } : {}), ...one } };
  };
  for (const [wanted, value] of found.inPath) given.push([parameter('path', wanted), value]);
  const asked = [...new URLSearchParams(query)];
  if (new Set(asked.map(([wanted]) => wanted)).size !== asked.length) return undefined;
  for (const [wanted, value] of asked) given.push([parameter('query', wanted), value]);
  if (call.body !== undefined && call.body !== '') {
    const properties = document.body(found.operation);
    let body: unknown;
    try {
      body = JSON.parse(call.body);
    } catch {
      return undefined;
    }
    if (!isFields(body)) return undefined;
    for (const [wanted, value] of Object.entries(body)) given.push([properties.get(wanted), value]);
  }

  const positional: string[] = [];
  const flags: string[] = [];
  for (const [argument, value] of given) {
    const said = argument && words(argument, value);
    if (said === undefined) return undefined;
    if (Array.isArray(said)) flags.push(...said);
    else positional.push(said.positional);
  }
  // The order of several is the document's business.
  return positional.length > 1 ? undefined : ['everestctl', plugin, ...name.split(' '), ...positional, ...flags];
}

// Version ranges, read as OpenEverest's page reads them: what it does not understand fits. Here that is told, too.

type Version = readonly [number, number, number];

/** What came of a range. `unread` are the parts that were not understood and count as fitting. */
export interface RangeVerdict {
  fits: boolean;
  unread: string[];
}

const FULL = /^v?(\d+)\.(\d+)\.(\d+)(?:[-+][0-9A-Za-z.+-]*)?$/;

/** The three numbers of a version; a pre-release suffix does not count. */
export function parseVersion(text: string): Version | undefined {
  const found = FULL.exec(text.trim());
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : undefined;
}

function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}

/** Whether `version` satisfies one comparator; `undefined` if that cannot be read. */
function satisfies(version: Version, comparator: string): boolean | undefined {
  const found = /^(\^|~|>=|<=|>|<|=)?(.*)$/.exec(comparator);
  const wanted = parseVersion(found?.[2] ?? '');
  if (!wanted) return undefined;
  const order = compare(version, wanted);
  switch (found?.[1] ?? '=') {
    case '^':
      // The same major version, also for 0.x.
      return order >= 0 && version[0] === wanted[0];
    case '~':
      return order >= 0 && version[0] === wanted[0] && version[1] === wanted[1];
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    default:
      return order === 0;
  }
}

/** Whether `version` is in `range`: comparators, a blank between two that must both hold, `||` between alternatives. */
export function inRange(version: string, range: string): RangeVerdict {
  const parsed = parseVersion(version);
  const alternatives = range.split('||').map((part) => part.trim().split(/\s+/).filter(Boolean));
  if (!parsed || range.trim() === '') return { fits: true, unread: [] };
  const unread: string[] = [];
  const holds = (comparator: string): boolean => {
    const verdict = satisfies(parsed, comparator);
    if (verdict === undefined) unread.push(comparator);
    return verdict ?? true;
  };
  // Every part is read, so that whatever was not understood is told.
  const verdicts = alternatives.map((comparators) => comparators.map(holds).every(Boolean));
  return { fits: verdicts.some(Boolean), unread };
}

/** Builds without a version fit everything. */
export function isUnversioned(version: string): boolean {
  return version === 'dev' || parseVersion(version)?.every((part) => part === 0) === true;
}

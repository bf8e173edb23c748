import { describe, expect, it } from 'vitest';
import { inRange, isUnversioned, parseVersion } from './version';

describe('a version range', () => {
  it.each([
    ['2.0.0', '>=2.0.0', true],
    ['2.0.0-dev.4', '>=2.0.0', true],
    ['1.9.9', '>=2.0.0', false],
    ['2.5.0', '>=2.0.0 <3.0.0', true],
    ['3.0.0', '>=2.0.0 <3.0.0', false],
    ['18.3.1', '>=19.0.0 <20.0.0', false],
    ['18.3.1', '^18.0.0', true],
    ['0.3.0', '^0.2.0', true],
    ['1.0.0', '^0.2.0', false],
    ['2.1.9', '~2.1.3', true],
    ['2.2.0', '~2.1.3', false],
    ['18.3.1', '17.0.0 || 18.3.1', true],
    ['18.3.1', '=18.3.0', false],
    ['18.3.1', 'v18.3.1', true],
    ['18.3.1', '18.3.1-rc.1', true],
    ['18.3.1', '', true],
  ])('%s in %s is %s', (version, range, fits) => {
    expect(inRange(version, range)).toEqual({ fits, unread: [] });
  });

  it('that is not understood fits, and says so', () => {
    expect(inRange('18.3.1', '>=19')).toEqual({ fits: true, unread: ['>=19'] });
    expect(inRange('18.3.1', '>=19 <18.0.0')).toEqual({ fits: false, unread: ['>=19'] });
  });

  it('does not count for a development build', () => {
    expect(isUnversioned('dev')).toBe(true);
    expect(isUnversioned('0.0.0')).toBe(true);
    expect(isUnversioned('2.0.0')).toBe(false);
    expect(parseVersion('2.0')).toBeUndefined();
  });
});

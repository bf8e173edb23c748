import { expect, it } from 'vitest';
import { integrityFault, wantedHashes } from './integrity';

const bytes = new TextEncoder().encode('export default () => {};\n').buffer as ArrayBuffer;

it('takes the strongest hashes', () => {
  expect(wantedHashes('sha256-a sha384-b sha384-c?x')).toEqual({ algorithm: 'sha384', hashes: ['b', 'c'] });
  expect(wantedHashes('md5-a')).toBeUndefined();
});

it('says what the bundle is where it is another', async () => {
  const fault = await integrityFault(bytes, 'sha384-AAAA');
  expect(fault).toMatch(/^bundleIntegrity does not match: the bundle is sha384-[A-Za-z0-9+/]{64}$/);
  const right = fault?.split(' ').pop() ?? '';
  expect(await integrityFault(bytes, right)).toBeUndefined();
  expect(await integrityFault(bytes, `sha384-AAAA ${right}`)).toBeUndefined();
  expect(await integrityFault(bytes, 'nonsense')).toContain('not a hash');
});

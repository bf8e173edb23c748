import { expect, it } from 'vitest';
import { asCommand } from './command';

it('a request is a command that a shell reads as it is meant', () => {
  expect(asCommand('sql', 'GET', '/api/runs?limit=5&x=a b', undefined)).toBe(
    "everestctl plugin api sql GET '/api/runs?limit=5&x=a b'",
  );
  expect(asCommand('sql', 'POST', '/api/q', `{"q":"it's"}`)).toBe(
    `printf %s '{"q":"it'\\''s"}' | everestctl plugin api sql POST /api/q --input -`,
  );
});

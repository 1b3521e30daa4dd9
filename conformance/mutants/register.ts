/** `node --import register.js`: plants the mutant that ZAB_MUTANT names in this process. */
import { register } from 'node:module';
import { CODE_MUTANTS } from './code.js';

const name = process.env['ZAB_MUTANT'];
if (name !== undefined && name !== '') {
  const mutant = CODE_MUTANTS.find((m) => m.name === name);
  if (mutant === undefined) throw new Error(`no mutant ${name}`);
  register(new URL('./loader.js', import.meta.url), { data: mutant });
}

/** kazoo, the Python client: in a virtual environment of its own, and in one with what its own test suite needs. */
import { join } from 'node:path';
import { provision, run } from './provision.js';

const KAZOO = 'kazoo==2.11.0';

/** The suite's extras `test`, `gevent`, `eventlet` and `sasl`; pyOpenSSL as old as kazoo's harness needs it. */
const SUITE = [
  'cffi==2.1.1',
  'cryptography==43.0.3',
  'dnspython==2.9.2',
  'eventlet==0.41.3',
  'gevent==26.9.0',
  'greenlet==3.5.6',
  'iniconfig==2.3.1',
  'javaobj-py3==0.6.1',
  'objgraph==3.7.0',
  'packaging==26.3',
  'pluggy==1.7.0',
  'pure-sasl==0.6.2',
  'pyasn1==0.6.5',
  'pyasn1_modules==0.4.2',
  'pycparser==3.12',
  'pycryptodomex==3.24.2',
  'Pygments==2.21.0',
  'pyjks==20.0.0',
  'pyOpenSSL==24.2.1',
  'pytest==9.2.0',
  'pytest-timeout==2.4.0',
  'twofish==0.3.0',
  'zope.event==6.2',
  'zope.interface==8.7',
];

const environment = async (name: string, pinned: readonly string[]): Promise<string> => {
  const folder = await provision(name, pinned.join(' '), async (into) => {
    const purpose = `${name} for the interop tests`;
    await run('python3', ['-m', 'venv', into], { purpose });
    const python = join(into, 'bin', 'python');
    await run(python, ['-m', 'pip', 'install', '--quiet', ...pinned], { purpose });
  });
  return join(folder, 'bin', 'python');
};

/** The interpreter of an environment that has kazoo. */
export const kazooPython = (): Promise<string> => environment('kazoo', [KAZOO]);

/** The interpreter of an environment in which `kazoo.tests` runs under pytest. */
export const kazooSuitePython = (): Promise<string> =>
  environment('kazoo-suite', [KAZOO, ...SUITE]);

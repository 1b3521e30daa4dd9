/** The files of an ensemble that speaks TLS, and of its clients, good and bad. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Authority, CN, type CertificateOptions } from './certificates.js';
import { run } from './provision.js';

export const PASSWORD = 'testpass';

/** Subject of `client`, as Java writes it. */
export const CLIENT_DN = 'CN=client one,OU=a\\,b,O=zab,C=DE';

const WHO = {
  server: { subject: [[CN, 'zookeeper server']] },
  client: {
    subject: [
      ['2.5.4.6', 'DE'],
      ['2.5.4.10', 'zab'],
      ['2.5.4.11', 'a,b'],
      [CN, 'client one'],
    ],
  },
  root: { subject: [[CN, 'root']] },
  /** Signed, and no longer valid. */
  expired: { subject: [[CN, 'expired']], from: -9, to: -1 },
  /** Signed, for another machine. */
  elsewhere: { subject: [[CN, 'elsewhere']], hosts: ['elsewhere.example', '192.0.2.1'] },
} as const satisfies Readonly<Record<string, CertificateOptions>>;

export type Who = keyof typeof WHO | 'stranger';

export interface KeyMaterial {
  /** A PEM key store; `stranger` is signed by an authority that nobody trusts. */
  readonly pem: Readonly<Record<Who, string>>;
  /** The authority's certificate. */
  readonly trust: string;
}

/** Makes all of it in `folder`, as PEM. */
export function makeKeyMaterial(folder: string): KeyMaterial {
  const authority = new Authority('authority');
  const write = (name: string, text: string): string => {
    const file = join(folder, `${name}.pem`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const own = (who: keyof typeof WHO): string => write(who, authority.sign(WHO[who]).store);
  const stranger = new Authority('another').sign({ subject: [[CN, 'stranger']] });
  return {
    pem: {
      server: own('server'),
      client: own('client'),
      root: own('root'),
      expired: own('expired'),
      elsewhere: own('elsewhere'),
      stranger: write('stranger', stranger.store),
    },
    trust: write('trust', authority.pem),
  };
}

/** keytool, which comes with every Java. */
export const keytool = (...args: readonly string[]): Promise<string> =>
  run('keytool', ['-J-XX:TieredStopAtLevel=1', '-J-Xshare:auto', ...args], {
    purpose: 'key stores for the TLS tests',
  });

/** The lines of a zoo.cfg by which a server has the key `server` and trusts the authority. */
export const tlsLines = (
  prefix: 'ssl.' | 'ssl.quorum.',
  { pem, trust }: KeyMaterial,
  who: Who = 'server',
): readonly string[] => [
  `${prefix}keyStore.location=${pem[who]}`,
  `${prefix}trustStore.location=${trust}`,
];

/** zoo.cfg files as both implementations read them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ZooCfg {
  readonly tickTime: number;
  readonly initLimit: number;
  readonly syncLimit: number;
  /** `key=value` lines besides. */
  readonly extra: readonly string[];
}

/** For tests: short ticks, so that a session may time out after one second; patient elections. */
export const testCfg: ZooCfg = { tickTime: 500, initLimit: 40, syncLimit: 20, extra: [] };

export interface MemberPorts {
  readonly sid: number;
  readonly client: number;
  readonly quorum: number;
  readonly election: number;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  readonly observer?: boolean;
}

const HOST = '127.0.0.1';

/** Make `folder/N/zoo.cfg` (and myid, in an ensemble) for one member; the file's path. */
export const writeZooCfg = (
  folder: string,
  member: MemberPorts,
  ensemble: readonly MemberPorts[],
  cfg: ZooCfg,
): string => {
  const home = join(folder, String(member.sid));
  const data = join(home, 'data');
  mkdirSync(data, { recursive: true });
  const lines = [
    `tickTime=${cfg.tickTime}`,
    `initLimit=${cfg.initLimit}`,
    `syncLimit=${cfg.syncLimit}`,
    `dataDir=${data}`,
    `clientPort=${member.client}`,
    `clientPortAddress=${member.host ?? HOST}`,
    'maxClientCnxns=0',
    'maxSessionTimeout=60000',
    'admin.enableServer=false',
    '4lw.commands.whitelist=*',
    'forceSync=yes',
    ...cfg.extra,
  ];
  if (ensemble.length > 1) {
    writeFileSync(join(data, 'myid'), `${member.sid}\n`);
    if (member.observer === true) lines.push('peerType=observer');
    for (const m of ensemble) {
      const role = m.observer === true ? ':observer' : '';
      lines.push(`server.${m.sid}=${m.host ?? HOST}:${m.quorum}:${m.election}${role}`);
    }
  }
  const file = join(home, 'zoo.cfg');
  writeFileSync(file, lines.join('\n') + '\n');
  return file;
};

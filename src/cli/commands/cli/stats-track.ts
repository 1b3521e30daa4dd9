/**
 * What a quota's nodes hold: `count=5,bytes=-1=;byteHardLimit=-1;countHardLimit=-1` (Apache:
 * `StatsTrack`; the odd `=` keeps old parsers from reading on).
 */
export type QuotaKey = 'count' | 'bytes' | 'countHardLimit' | 'byteHardLimit';

export type StatsTrack = ReadonlyMap<string, bigint>;

export function parseStats(text: string): StatsTrack {
  const pairs = text.split(/[,;]+/).filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const [key = '', value = ''] = pair.split('=');
      return [key, BigInt(value === '' ? '-1' : value)];
    }),
  );
}

export function limitOf(stats: StatsTrack, key: QuotaKey): bigint {
  return stats.get(key) ?? -1n;
}

export function formatStats(stats: StatsTrack): string {
  const others = [...stats.keys()].filter((key) => key !== 'count' && key !== 'bytes').sort();
  const first = `count=${limitOf(stats, 'count')},bytes=${limitOf(stats, 'bytes')}`;
  if (others.length === 0) return first;
  return `${first}=${others.map((key) => `;${key}=${stats.get(key) ?? -1n}`).join('')}`;
}

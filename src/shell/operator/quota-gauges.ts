/** Limits and use of quotas by namespace, as metrics (Apache: `QuotaMetricsUtils`). */
import type { Gauge } from '../metrics/exposition.js';
import { topNamespace } from '../metrics/request-meter.js';
import { childNames, getNode, type Tree } from '../../tree/tree.js';

const ROOT = '/zookeeper/quota';
const LIMITS = 'zookeeper_limits';
const STATS = 'zookeeper_stats';

/** The numbers of a quota node's text; −1: not there. */
function numbersOf(text: string): Readonly<Record<string, number>> {
  const pairs = text.split(/[=,;]+/);
  const numbers: Record<string, number> = {};
  for (let i = 0; i + 1 < pairs.length; i += 2) numbers[pairs[i] ?? ''] = Number(pairs[i + 1]);
  return numbers;
}

export function quotaGauges(tree: Tree): readonly Gauge[] {
  const found = {
    quota_count_limit_per_namespace: new Map<string, number>(),
    quota_bytes_limit_per_namespace: new Map<string, number>(),
    quota_count_usage_per_namespace: new Map<string, number>(),
    quota_bytes_usage_per_namespace: new Map<string, number>(),
  };
  const add = (map: Map<string, number>, namespace: string, value: number | undefined): void => {
    if (value === undefined || !(value >= 0)) return;
    map.set(namespace, (map.get(namespace) ?? 0) + value);
  };
  const visit = (path: string): void => {
    const node = getNode(tree, path);
    if (node === undefined) return;
    for (const name of childNames(node)) {
      const child = `${path}/${name}`;
      if (name !== LIMITS && name !== STATS) {
        visit(child);
        continue;
      }
      const namespace = topNamespace(path.slice(ROOT.length));
      const data = getNode(tree, child)?.data;
      if (namespace === '' || data === null || data === undefined) continue;
      const { count, bytes, countHardLimit, byteHardLimit } = numbersOf(
        Buffer.from(data).toString(),
      );
      if (name === STATS) {
        add(found.quota_count_usage_per_namespace, namespace, count);
        add(found.quota_bytes_usage_per_namespace, namespace, bytes);
      } else {
        const hard = (limit: number | undefined): boolean => limit !== undefined && limit > -1;
        add(
          found.quota_count_limit_per_namespace,
          namespace,
          hard(countHardLimit) ? countHardLimit : count,
        );
        add(
          found.quota_bytes_limit_per_namespace,
          namespace,
          hard(byteHardLimit) ? byteHardLimit : bytes,
        );
      }
    }
  };
  visit(ROOT);
  return Object.entries(found).map(([name, values]) => ({
    name,
    samples: [...values].map(([key, value]) => ({ labels: { key }, value })),
  }));
}

/**
 * Metrics as they are read: `mntr` and AdminServer's `monitor` by the metrics provider that is
 * configured, and Prometheus' text format (Apache: `DefaultMetricsProvider`,
 * `PrometheusMetricsProvider`).
 */
import { Double, javaDouble, type Json } from '../operator/java-text.js';
import { Counter, CounterSet, Summary, type Metric, type SummarySet } from './metric.js';

/** A value that is worked out when it is asked for; more than one with labels. */
export interface Gauge {
  readonly name: string;
  readonly help?: string;
  readonly type?: 'gauge' | 'counter' | 'summary';
  readonly samples: readonly GaugeSample[];
}

export interface GaugeSample {
  /** Behind the name: `_count` and the like. */
  readonly suffix?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** A Double is one in Java, too: `mntr` shows it. */
  readonly value: number | Double;
}

export type Entry = readonly [key: string, value: Json & (string | number | Double)];

/** As the default provider's `dump` has them, without the prefix `zk_`. */
export function defaultEntries(gauges: readonly Gauge[], metrics: readonly Metric[]): Entry[] {
  const entries: Entry[] = [];
  for (const { name, samples } of gauges) {
    for (const { suffix = '', labels, value } of samples) {
      const key = labels?.['key'];
      entries.push([`${key === undefined ? '' : `${key}_`}${name}${suffix}`, value]);
    }
  }
  for (const metric of metrics) {
    if (metric instanceof Counter) entries.push([metric.name, metric.value]);
    else if (metric instanceof Summary) entries.push(...summaryEntries(metric));
    else if (metric instanceof CounterSet) {
      for (const [, counter] of metric.entries) entries.push([counter.name, counter.value]);
    } else {
      for (const [, summary] of metric.entries) entries.push(...summaryEntries(summary));
    }
  }
  return entries;
}

function summaryEntries(summary: Summary): readonly Entry[] {
  const { name, average, min, max, count, sum, advanced } = summary;
  const basic: readonly Entry[] = [
    [`avg_${name}`, new Double(average)],
    [`min_${name}`, min],
    [`max_${name}`, max],
    [`cnt_${name}`, count],
    [`sum_${name}`, sum],
  ];
  if (!advanced) return basic;
  const part = (quantile: number): number => Math.round(summary.quantile(quantile) || 0);
  return [
    ...basic,
    [`p50_${name}`, part(0.5)],
    [`p95_${name}`, part(0.95)],
    [`p99_${name}`, part(0.99)],
    [`p999_${name}`, part(0.999)],
  ];
}

/** One line of Prometheus' format. */
interface Line {
  readonly name: string;
  readonly labels: readonly (readonly [string, string])[];
  readonly value: number;
}

/** As the Prometheus provider's `dump` has them: every number is a double there. */
export function prometheusEntries(gauges: readonly Gauge[], metrics: readonly Metric[]): Entry[] {
  return families(gauges, metrics).flatMap(({ lines }) =>
    lines.map(({ name, labels, value }): Entry => {
      const inside = labels.map(([key, text]) => `${key}="${text}"`).join(',');
      return [inside === '' ? name : `${name}{${inside}}`, new Double(value)];
    }),
  );
}

/** The page that Prometheus reads, text format 0.0.4. */
export function prometheusText(gauges: readonly Gauge[], metrics: readonly Metric[]): string {
  const lines: string[] = [];
  for (const family of families(gauges, metrics)) {
    lines.push(`# HELP ${family.name} ${family.help}`, `# TYPE ${family.name} ${family.type}`);
    for (const { name, labels, value } of family.lines) {
      const inside = labels.map(([key, text]) => `${key}="${escape(text)}",`).join('');
      lines.push(`${name}${inside === '' ? '' : `{${inside}}`} ${prometheusNumber(value)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function escape(text: string): string {
  return text.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
}

function prometheusNumber(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : javaDouble(value);
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly lines: readonly Line[];
}

function families(gauges: readonly Gauge[], metrics: readonly Metric[]): readonly Family[] {
  return [...gauges.map(gaugeFamily), ...metrics.map(metricFamily)];
}

function gaugeFamily({ name, help = name, type = 'gauge', samples }: Gauge): Family {
  const lines = samples.map(({ suffix = '', labels = {}, value }) => ({
    name: name + suffix,
    labels: Object.entries(labels),
    value: value instanceof Double ? value.value : value,
  }));
  return { name, help, type, lines };
}

function metricFamily(metric: Metric): Family {
  const { name } = metric;
  if (metric instanceof Counter) {
    const lines = [{ name, labels: [], value: metric.value }];
    return { name, help: name, type: 'counter', lines };
  }
  if (metric instanceof CounterSet) {
    const lines = [...metric.entries].map(([key, counter]) => ({
      name,
      labels: [['key', key] as const],
      value: counter.value,
    }));
    return { name, help: name, type: 'counter', lines };
  }
  const summaries: readonly (readonly [Line['labels'], Summary])[] =
    metric instanceof Summary ? [[[], metric]] : labelled(metric);
  const lines = summaries.flatMap(([labels, summary]) => summaryLines(name, labels, summary));
  return { name, help: name, type: 'summary', lines };
}

function labelled(set: SummarySet): readonly (readonly [Line['labels'], Summary])[] {
  return [...set.entries].map(([key, summary]) => [[['key', key]], summary]);
}

function summaryLines(name: string, labels: Line['labels'], summary: Summary): readonly Line[] {
  const parts = summary.advanced ? [0.5, 0.9, 0.99] : [0.5];
  return [
    ...parts.map((part) => ({
      name,
      labels: [...labels, ['quantile', String(part)] as const],
      value: summary.quantile(part),
    })),
    { name: `${name}_count`, labels, value: summary.count },
    { name: `${name}_sum`, labels, value: summary.sum },
  ];
}

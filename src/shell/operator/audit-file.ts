/**
 * Where the audit log goes: a file, if the properties that Apache's logback.xml is set up by name
 * one (`zookeeper.auditlog.file`, in `zookeeper.log.dir`), else the server's own log.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ServerConfig } from '../../config/server-config.js';
import { OperatorError } from '../operator-error.js';
import type { AuditSink } from './audit.js';

export interface AuditFile {
  readonly write: AuditSink;
  readonly close: () => void;
}

/** @throws {OperatorError} if the file cannot be written */
export function openAuditFile({ properties }: ServerConfig): AuditFile {
  const name = properties['zookeeper.auditlog.file'];
  if (name === undefined || name === '') {
    return { write: (line) => void process.stderr.write(line), close: () => undefined };
  }
  const path = resolve(properties['zookeeper.log.dir'] ?? '.', name);
  try {
    mkdirSync(dirname(path), { recursive: true });
    let fd: number | null = openSync(path, 'a');
    return {
      // With the kernel before the answer that it is about leaves.
      write: (line) => {
        if (fd !== null) writeSync(fd, line);
      },
      close: () => {
        if (fd !== null) closeSync(fd);
        fd = null;
      },
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OperatorError(`audit log ${path} cannot be written (${code ?? String(error)})`);
  }
}

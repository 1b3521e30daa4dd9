/** What a session authenticates as: sent once on each connection, answered in order. */
import type { AuthRequest } from '../core/request.js';

interface Entry {
  readonly request: AuthRequest;
  readonly waiters: { readonly resolve: () => void; readonly reject: (error: Error) => void }[];
}

/** Owned by one session. */
export class Auths {
  private readonly entries: Entry[] = [];
  /** Sent on this connection and not answered. */
  private unanswered: Entry[] = [];

  constructor(private readonly send: (request: AuthRequest) => void) {}

  /** Resolves when a server has accepted it. */
  add(scheme: string, auth: Uint8Array | null, now: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = { op: 'auth', scheme, auth } as const;
      const entry: Entry = { request, waiters: [{ resolve, reject }] };
      this.entries.push(entry);
      if (now) this.sendOne(entry);
    });
  }

  private sendOne(entry: Entry): void {
    this.unanswered.push(entry);
    this.send(entry.request);
  }

  /** On a new connection. */
  sendAll(): void {
    this.unanswered = [];
    for (const entry of this.entries) this.sendOne(entry);
  }

  /** The next one was answered; calling the result tells who waits that it was accepted. */
  answered(): () => void {
    const waiters = this.unanswered.shift()?.waiters ?? [];
    return () => {
      for (const { resolve } of waiters.splice(0)) resolve();
    };
  }

  /** Nobody will answer any more. */
  reject(error: Error): void {
    for (const { waiters } of this.entries) {
      for (const waiter of waiters.splice(0)) waiter.reject(error);
    }
  }
}

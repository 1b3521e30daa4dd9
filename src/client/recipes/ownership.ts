/**
 * Something that is held as long as a session lasts and a node of its stands: a lock, a leadership.
 * It is told when it is lost, or may be.
 */
import { ConnectionLossError, NoNodeError, SessionExpiredError } from '../errors.js';
import type { ClientState, WatchedEvent } from '../types.js';
import type { ZooKeeper } from '../zookeeper.js';
import { deleteForSure } from './support.js';

/** Held until `release`, or until `signal` says that it is not. */
export class Ownership implements AsyncDisposable {
  private readonly lost = new AbortController();
  private released = false;
  private presumed: NodeJS.Timeout | null = null;

  /** @internal */
  constructor(
    private readonly zk: ZooKeeper,
    /** The node that stands for it. */
    readonly path: string,
  ) {
    zk.on('state', this.onState);
    if (zk.state !== 'connected') this.onState(zk.state);
    this.watchNode();
  }

  /**
   * Aborted when it is lost: the session ended, or the node was deleted by somebody else; and when
   * it may be: no word from a server for a whole session timeout, after which the ensemble may have
   * ended the session. Whoever acts on it must stop then.
   */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  get isHeld(): boolean {
    return !this.released && !this.lost.signal.aborted;
  }

  private readonly onState = (state: ClientState): void => {
    if (this.presumed !== null) clearTimeout(this.presumed);
    this.presumed = null;
    if (state === 'connected' || state === 'connected-read-only') return;
    if (state === 'connecting') {
      this.presumed = setTimeout(() => {
        this.lose(new ConnectionLossError(this.path));
      }, this.zk.untilPresumedLost);
    } else this.lose(new SessionExpiredError(this.path));
  };

  private readonly onNode = (event: WatchedEvent): void => {
    if (event.type === 'NodeDeleted') this.lose(new NoNodeError(this.path));
    else if (event.type !== 'None') this.watchNode();
  };

  private watchNode(): void {
    if (!this.isHeld) return;
    this.zk.exists(this.path, { watcher: this.onNode }).then(
      (stat) => {
        if (stat === null) this.lose(new NoNodeError(this.path));
      },
      (error: unknown) => {
        // Asked again when there is a connection; other ends are told by `onState`.
        if (!(error instanceof ConnectionLossError)) return;
        this.zk.connected().then(this.watchAgain, () => undefined);
      },
    );
  }

  private readonly watchAgain = (): void => {
    this.watchNode();
  };

  private lose(reason: Error): void {
    this.stop();
    if (!this.released) this.lost.abort(reason);
  }

  private stop(): void {
    if (this.presumed !== null) clearTimeout(this.presumed);
    this.presumed = null;
    this.zk.off('state', this.onState);
    this.zk.forget(this.path, 'data', this.onNode);
  }

  /** Gives it back; resolves when the node is gone or will go with the session. */
  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    this.stop();
    await deleteForSure(this.zk, this.path);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

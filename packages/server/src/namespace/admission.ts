/** A client on its way into a namespace, while its session is looked for or the middlewares take their time. */

/** What an admission needs of the connection. */
export interface AdmittedConnection {
  readonly open: boolean;
  /** The connection calls `abandon` when it closes before the end. */
  hold(admission: Admission): void;
  release(admission: Admission): void;
  /** Closes so that its client comes back elsewhere. */
  moveAway(): void;
}

/** What has been prepared for the client by now. */
export interface Candidate {
  giveUp(): void;
}

/** Ends once: when the client is in, when it is refused, or when it leaves before that. */
export class Admission {
  candidate: Candidate | undefined;
  readonly #connection: AdmittedConnection;
  readonly #ended: () => void;
  #over = false;

  /** @param ended called once */
  constructor(connection: AdmittedConnection, ended: () => void) {
    this.#connection = connection;
    this.#ended = ended;
    connection.hold(this);
  }

  /** The client is in, or refused. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection.release(this);
    this.#ended();
  }

  /** The server goes. */
  moveAway(): void {
    this.#connection.moveAway();
  }

  /** The client is gone: a middleware that never answers keeps nothing of it. */
  abandon(): void {
    this.candidate?.giveUp();
    this.end();
  }
}

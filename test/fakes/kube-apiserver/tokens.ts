// Who asks: bearer tokens of the administrator and of service accounts, how they expire, rotate and die.

import type { Random } from "#test/support/random.ts";
import type { KubeTime } from "./kube-time.ts";
import { SERVICE_ACCOUNTS, storeKey } from "./resources.ts";
import { unauthorized } from "./status.ts";
import type { ObjectStore } from "./store.ts";

export interface Identity {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

interface TokenRecord {
  readonly identity: Identity;
  /** Of the service account, to notice that it was deleted and made anew. */
  readonly account: { readonly namespace: string; readonly name: string } | undefined;
  readonly expiresAtMs: number;
}

export const MASTERS_GROUP = "system:masters";
const ADMIN: Identity = { name: "kubernetes-admin", uid: "", groups: [MASTERS_GROUP, "system:authenticated"] };
const ANONYMOUS: Identity = { name: "system:anonymous", uid: "", groups: ["system:unauthenticated"] };

export class Tokens {
  readonly #records = new Map<string, TokenRecord>();
  readonly #store: ObjectStore;
  readonly #time: KubeTime;
  readonly #random: Random;
  #admin: string;

  constructor({ store, time, random }: { store: ObjectStore; time: KubeTime; random: Random }) {
    this.#store = store;
    this.#time = time;
    this.#random = random;
    this.#admin = this.#issueAdmin();
  }

  get admin(): string {
    return this.#admin;
  }

  /** A new token of a service account that exists; without a life it never expires. Older ones stay valid. */
  issue(namespace: string, name: string, lifeMs = Number.POSITIVE_INFINITY): string {
    const account = this.#store.read(storeKey(SERVICE_ACCOUNTS), namespace, name);
    if (account === undefined) throw new Error(`there is no service account ${namespace}/${name}`);
    const identity = {
      name: `system:serviceaccount:${namespace}:${name}`,
      uid: account.metadata.uid,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    };
    const expiresAtMs = this.#time.nowMs() + lifeMs;
    return this.#keep({ identity, account: { namespace, name }, expiresAtMs });
  }

  /** Every token of the service account is refused from now on. */
  revoke(namespace: string, name: string): void {
    for (const [token, { account }] of this.#records) {
      if (account?.namespace === namespace && account.name === name) this.#records.delete(token);
    }
  }

  revokeAll(): void {
    this.#records.clear();
    this.#admin = this.#issueAdmin();
  }

  /** Who a request is from; throws 401 for a token that is not, or no longer, valid. */
  identify(authorization: string | undefined): Identity {
    if (authorization === undefined || authorization === "") return ANONYMOUS;
    const token = /^bearer +(.+)$/i.exec(authorization)?.[1]?.trim();
    const record = this.#records.get(token ?? "");
    if (record === undefined || record.expiresAtMs <= this.#time.nowMs()) throw unauthorized();
    if (record.account !== undefined && this.#accountUid(record.account) !== record.identity.uid) throw unauthorized();
    return record.identity;
  }

  #accountUid({ namespace, name }: { readonly namespace: string; readonly name: string }): string | undefined {
    return this.#store.read(storeKey(SERVICE_ACCOUNTS), namespace, name)?.metadata.uid;
  }

  #issueAdmin(): string {
    return this.#keep({ identity: ADMIN, account: undefined, expiresAtMs: Number.POSITIVE_INFINITY });
  }

  /** Three parts like a JWT, so that whoever logs or cuts them meets the real shape; the last one is random. */
  #keep(record: TokenRecord): string {
    const { identity, expiresAtMs } = record;
    const expiry = Number.isFinite(expiresAtMs) ? { exp: Math.floor(expiresAtMs / MS_PER_SECOND) } : {};
    const claims = { iss: "https://kubernetes.default.svc.cluster.local", sub: identity.name, ...expiry };
    const signature = Array.from({ length: 32 }, () => this.#random.below(256));
    const token = [
      base64Url(JSON.stringify({ alg: "none" })),
      base64Url(JSON.stringify(claims)),
      Buffer.from(signature).toString("base64url"),
    ].join(".");
    this.#records.set(token, record);
    return token;
  }
}

const MS_PER_SECOND = 1000;

function base64Url(text: string): string {
  return Buffer.from(text).toString("base64url");
}

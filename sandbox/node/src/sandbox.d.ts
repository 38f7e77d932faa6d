import { type Client, type ClientOptions } from './customs.js';
/** How a sandbox starts; each is an option of the program, whose documentation tells more. */
export interface StartOptions {
    /** The port on 127.0.0.1; any free one unless given. */
    port?: number;
    /** A whole number that makes keys, ids and nonces the same at each start; random unless given. */
    seed?: number;
    /** The one application id that the sandbox knows. */
    appid?: string;
    /** The one merchant id that the sandbox knows. */
    mchid?: string;
    /** The SQLite file that declarations are kept in; memory unless given. */
    state?: string;
    /** The file of the merchant's private key, PEM; made unless given. */
    merchantKey?: string;
    /** The file of the private key of the platform's first certificate, PEM; made unless given. */
    platformKey?: string;
    /** Whether to write a line about each request to stderr; no unless given. */
    log?: boolean;
    /** A program of one's own; otherwise the environment's WECHATPAY_CUSTOMS_SANDBOX, or the one that the package carries. */
    program?: string;
}
/** What else a fault is told: for which requests, and what the sandbox's table of faults has for it. */
export interface Fault {
    /** Any number of the order; any order unless given. */
    order?: string;
    /** The operation; any unless given. */
    operation?: string;
    /** For how many requests; 1 unless given. */
    times?: number;
    /** The fault's own parameters. */
    [parameter: string]: unknown;
}
/** A payment that declarations are checked against; amounts in fen. */
export interface Payment {
    out_trade_no: string;
    transaction_id: string;
    amount: number;
    currency?: string;
    refunded?: number;
}
/** An identity on file, for one payer or, without `out_trade_no`, for all that have none of their own. */
export interface Identity {
    certificate_id: string;
    certificate_name: string;
    out_trade_no?: string;
}
/** What the sandbox can be set to. */
export interface Settings {
    wrong_amount: 'INVALID_REQUEST' | 'PARAM_ERROR';
    field_encryption: 'pkcs1' | 'oaep';
    literal: boolean;
}
/** A running sandbox. It ends with this process, however that ends, and does not keep it alive. */
export declare class Sandbox implements AsyncDisposable, Disposable {
    #private;
    /** Where it listens. */
    readonly url: string;
    /** All that a client needs, throwaway keys included. */
    readonly options: ClientOptions;
    /** Starts the program and waits until it is ready; rejects with what it says if it cannot start. */
    static start(options?: StartOptions): Promise<Sandbox>;
    private constructor();
    /** Makes a client of `wechatpay-customs`, or of `wechatpay-customs-wasm` if only that is installed. */
    client(options?: Partial<ClientOptions>): Client;
    /** Orders a fault, by its name in the sandbox's table of faults; gives what the sandbox answers. */
    fault(fault: string, more?: Fault): Promise<{
        faults?: Fault[];
        changed?: number;
    }>;
    /** Lists the faults that wait. */
    faults(): Promise<Fault[]>;
    /** Takes back all faults that wait. */
    clearFaults(): Promise<void>;
    /** Moves the sandbox clock, which decides states, forward by whole seconds; gives its time in Unix seconds. */
    advance(seconds: number): Promise<number>;
    /** Makes a new platform certificate, which signs from then on. */
    rotate(): Promise<{
        serial_no: string;
        certificate: string;
    }>;
    /** Registers a payment, in place of one that has one of its numbers. */
    payment(payment: Payment): Promise<void>;
    /** Lists the payments that are registered. */
    payments(): Promise<Payment[]>;
    /** Puts an identity on file. */
    identity(identity: Identity): Promise<void>;
    /** Changes the settings that are given; gives them all. */
    settings(changes?: Partial<Settings>): Promise<Settings>;
    /** Asks a control endpoint by its name; rejects with what the sandbox refuses. */
    control<T>(method: string, endpoint: string, body?: object): Promise<T>;
    /** Stops the program and waits for its end; doing so again does nothing. */
    stop(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    [Symbol.dispose](): void;
}

/** The program that this package carries. */
/** Names a program of one's own, in place of the one that the package carries. */
export declare const VARIABLE = "WECHATPAY_CUSTOMS_SANDBOX";
/** The path of the program for this platform. */
export declare function program(): string;

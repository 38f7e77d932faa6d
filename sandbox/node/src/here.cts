/** The folder of the scripts; CommonJS, which tells it in both formats. */
export const here: string = __dirname

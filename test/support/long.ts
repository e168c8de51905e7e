/** `npm run test:soak` runs the long versions of tests of which `npm test` runs a part. */
export const LONG = process.env.CURVESAE_LONG_TESTS === '1';

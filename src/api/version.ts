/** Version of the package: that of package.json (a test compares them), known where there are no files, too. */
export const VERSION = '0.1.0';

// A service that a user names: its address, its model, and where its key comes from.
import { UsageError } from '../core/errors.js';
import { isLoopback, type ServiceOptions, serviceUrl } from '../formats/service.js';
import type { Options } from './options.js';
import type { Platform } from './platform.js';

export const ENDPOINT_OPTIONS = {
  endpoint: {
    kind: 'text',
    value: 'URL',
    help: 'an OpenAI-compatible service, https or on this machine: http://127.0.0.1:8080/v1; nothing is sent anywhere else',
  },
  name: { kind: 'text', value: 'NAME', help: 'its model, as the service names it' },
  'key-variable': {
    kind: 'text',
    value: 'VAR',
    help: 'environment variable with its key (default CURVESAE_API_KEY; for api.openai.com and this machine OPENAI_API_KEY too)',
  },
} as const satisfies Options;

export interface EndpointOption {
  /** Address of an OpenAI-compatible service: its root, its /v1, or whole. */
  endpoint?: string;
  /** Its model. */
  name?: string;
  /** Environment variable that holds its key; CURVESAE_API_KEY unless given. */
  keyVariable?: string;
}

const [OWN_KEY, OPENAI_KEY] = ['CURVESAE_API_KEY', 'OPENAI_API_KEY'];

/** UsageError: an address that is not used, or a variable that is named and not set. */
export function endpointOptions(
  platform: Platform,
  { endpoint, keyVariable }: { endpoint?: string; keyVariable?: string },
  path: string,
  warn: (message: string) => void,
): ServiceOptions {
  const url = serviceUrl(endpoint ?? '', path);
  if (keyVariable !== undefined) {
    const key = platform.variable(keyVariable);
    if (key === undefined) throw new UsageError(`--key-variable: the environment has no ${keyVariable}`);
    return { key, keyVariable, onRetry: warn };
  }
  // A key for OpenAI is not sent to whoever else is named.
  const names = url.hostname === 'api.openai.com' || isLoopback(url) ? [OWN_KEY, OPENAI_KEY] : [OWN_KEY];
  const found = names.find((name) => platform.variable(name) !== undefined);
  return { key: found && platform.variable(found), keyVariable: found ?? OWN_KEY, onRetry: warn };
}

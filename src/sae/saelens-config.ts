// cfg.json of a SAELens folder, of any of its versions (METHODS 9.1, docs/formats.md): what it
// says about the function is read or refused by name. A key that is not known here and is set
// to something is refused: whether it changes the function cannot be seen.
import { shown } from '../core/errors.js';
import type { Fail, Json } from './exchange/strict.js';
import { checkK, isObject, isOff, own, wholeNumber } from './exchange/strict.js';
import { isKind, KINDS, type Kind } from './kinds.js';
import { architectureOf } from './registry.js';
import type { Normalization, SaeConfig } from './types.js';

export interface SaelensConfig {
  config: SaeConfig;
  metadata: Json;
  /** Pre-activations are multiplied by ||W_dec_i|| before the top-k, features divided by it. */
  rescaled: boolean;
  /** Weights are for s x; s is in activation_scaler.json. */
  scaled: boolean;
  /** Features are multiplied by a factor of their own before decoding. */
  finetuned: boolean;
}

/** SAELens' own default, for every architecture and version. */
const CENTRED = true;

/** Keys that this module reads. */
const READ = [
  'architecture',
  'd_in',
  'd_sae',
  'k',
  'activation_fn',
  'activation_fn_str',
  'activation_fn_kwargs',
  'apply_b_dec_to_input',
  'normalize_activations',
  'rescale_acts_by_decoder_norm',
  'finetuning_scaling_factor',
  'reshape_activations',
  'metadata',
];

/** Where vectors come from, how training went, what it logged. None of it changes the function of a vector. */
const HARMLESS = [
  // Numbers are f32 here whatever the folder says; vectors come with heads side by side (hook_z).
  ...[
    'dtype',
    'device',
    'seed',
    'verbose',
    'sae_lens_version',
    'sae_lens_training_version',
    'neuronpedia_id',
  ],
  ...['model_name', 'model_class_name', 'model_kwargs', 'model_from_pretrained_kwargs', 'tokenizer_name'],
  ...['hook_name', 'hook_point', 'hook_eval', 'hook_point_eval', 'hook_layer', 'hook_point_layer'],
  ...['hook_head_index', 'hook_point_head_index', 'context_size', 'prepend_bos', 'seqpos_slice'],
  ...['dataset_path', 'dataset', 'dataset_trust_remote_code', 'streaming', 'is_dataset_tokenized'],
  ...[
    'use_chat_formatting',
    'disable_concat_sequences',
    'sequence_separator_token',
    'exclude_special_tokens',
  ],
  ...['use_cached_activations', 'cached_activations_path', 'from_pretrained_path', 'expansion_factor'],
  ...['n_batches_in_buffer', 'training_tokens', 'total_training_tokens', 'finetuning_tokens'],
  ...['finetuning_method', 'store_batch_size_prompts', 'store_batch_size', 'activations_mixing_fraction'],
  ...['tokens_per_buffer', 'n_batches_for_norm_estimate', 'act_store_device', 'llm_device'],
  ...['prefetch_llm_batches', 'autocast', 'autocast_lm', 'compile_llm', 'llm_compilation_mode'],
  ...['compile_sae', 'sae_compilation_mode', 'train_batch_size_tokens', 'train_batch_size'],
  ...['adam_beta1', 'adam_beta2', 'lr', 'lr_scheduler_name', 'lr_warm_up_steps', 'lr_end', 'lr_decay_steps'],
  ...['n_restart_cycles', 'mse_loss_normalization', 'l1_coefficient', 'l0_coefficient', 'lp_norm'],
  ...['l1_warm_up_steps', 'l0_warm_up_steps', 'scale_sparsity_penalty_by_decoder_norm', 'noise_scale'],
  ...['use_ghost_grads', 'ghost_grad_coefficient', 'aux_loss_coefficient', 'pre_act_loss_coefficient'],
  ...['dead_feature_estimation_method', 'dead_feature_window', 'dead_feature_threshold'],
  ...['feature_sampling_window', 'feature_sampling_method'],
  ...['feature_reinit_scale', 'resample_batches', 'b_dec_init_method', 'normalize_sae_decoder'],
  ...[
    'decoder_orthogonal_init',
    'decoder_heuristic_init',
    'decoder_heuristic_init_norm',
    'decoder_init_norm',
  ],
  ...['init_encoder_as_decoder_transpose', 'jumprelu_init_threshold', 'jumprelu_bandwidth'],
  ...['jumprelu_sparsity_loss_mode', 'jumprelu_tanh_scale', 'topk_threshold_lr', 'use_sparse_activations'],
  ...['matryoshka_widths', 'n_eval_batches', 'eval_batch_size_prompts', 'eval_every_n_wandb_logs', 'logger'],
  ...['log_to_wandb', 'log_activations_store_to_wandb', 'log_optimizer_state_to_wandb', 'wandb_project'],
  ...['wandb_id', 'wandb_entity', 'wandb_log_frequency', 'run_name', 'resume', 'n_checkpoints'],
  ...['checkpoint_path', 'save_final_checkpoint', 'output_path', 'resume_from_checkpoint'],
];
const KNOWN: ReadonlySet<string> = new Set([...READ, ...HARMLESS]);

/** What cfg.json says. InputError by `fail` where it cannot be computed here. */
export function readSaelensConfig(cfg: Json, fail: Fail): SaelensConfig {
  for (const [key, value] of Object.entries(cfg))
    if (!KNOWN.has(key) && !isOff(value))
      fail(
        `'${shown(key)}' is set, and whether it changes what the SAE computes is not known here; remove it where it does not`,
      );
  const reshape = own(cfg, 'reshape_activations') ?? 'none';
  if (reshape !== 'none' && reshape !== 'hook_z')
    fail(`reshape_activations '${shown(reshape)}' is not read here; read: none, hook_z`);
  const metadata = isObject(cfg.metadata) ? cfg.metadata : oldMetadata(cfg);
  const { kind, k } = readKind(cfg, fail);
  const a = architectureOf(kind, own(metadata, 'training_architecture'));
  const size = (key: string): number => wholeNumber(cfg, key, fail) ?? fail(`has no '${key}'`);
  const config: SaeConfig = { architecture: a.name, dIn: size('d_in'), dSae: size('d_sae') };
  if (kind === 'topk') config.k = checkK(k ?? fail("has no 'k', which topk needs"), config.dSae, fail);
  const centred = flag(cfg, 'apply_b_dec_to_input', fail) ?? CENTRED;
  if (centred !== a.centresInput) config.applyBDecToInput = centred;
  const normalize = readNormalization(cfg, fail);
  if (normalize === 'layer_norm' && config.dIn < 2) fail('layer_norm needs vectors of at least 2 numbers');
  if (normalize === 'layer_norm' || normalize === 'constant_norm_rescale')
    config.normalizeActivations = normalize;
  const rescaled = flag(cfg, 'rescale_acts_by_decoder_norm', fail) ?? false;
  if (rescaled && kind !== 'topk')
    fail(`rescale_acts_by_decoder_norm is read for topk, not for ${kind}; fold the norms into the weights`);
  return {
    config,
    metadata,
    rescaled,
    scaled: normalize === 'expected_average_only_in',
    finetuned: flag(cfg, 'finetuning_scaling_factor', fail) ?? false,
  };
}

/** Versions before 6 had no metadata: what the SAE is of stood beside the rest. */
function oldMetadata(cfg: Json): Json {
  const names = {
    model_name: own(cfg, 'model_name'),
    hook_name: own(cfg, 'hook_name') ?? own(cfg, 'hook_point'),
  };
  return Object.fromEntries(Object.entries(names).filter(([, value]) => typeof value === 'string'));
}

function flag(cfg: Json, key: string, fail: Fail): boolean | undefined {
  const value = own(cfg, key) ?? undefined;
  if (value !== undefined && typeof value !== 'boolean') fail(`${key} must be true or false`);
  return value as boolean | undefined;
}

/**
 * Versions before 6 name the activation beside the architecture: standard with topk is topk. A
 * folder without an architecture is of a version that had only 'standard'.
 */
function readKind(cfg: Json, fail: Fail): { kind: Kind; k?: number } {
  const name = own(cfg, 'architecture') ?? 'standard';
  if (typeof name !== 'string' || !isKind(name))
    return fail(
      `architecture '${shown(name)}' of this SAE is not known here; known: ${Object.keys(KINDS).join(', ')}`,
    );
  const [first, second] = [own(cfg, 'activation_fn_str'), own(cfg, 'activation_fn')];
  if ((first ?? second) !== (second ?? first))
    fail(`activation_fn_str '${shown(first)}' and activation_fn '${shown(second)}' differ`);
  const activation = first ?? second ?? (name === 'topk' ? 'topk' : 'relu');
  if (activation !== 'relu' && activation !== 'topk')
    fail(`activation function '${shown(activation)}' is not read here; read: relu, topk`);
  if ((activation === 'topk') !== (name === 'topk') && !(name === 'standard' && activation === 'topk'))
    fail(`architecture '${name}' with activation function '${activation}' is not read here`);
  const kind = activation === 'topk' ? 'topk' : name;
  const options = own(cfg, 'activation_fn_kwargs') ?? {};
  if (!isObject(options)) return fail('activation_fn_kwargs must be an object');
  if (kind !== 'topk') return { kind };
  for (const [key, value] of Object.entries(options))
    if (key !== 'k' && !isOff(value))
      fail(`activation_fn_kwargs has '${shown(key)}', which is not read here`);
  const [old, k] = [wholeNumber(options, 'k', fail), wholeNumber(cfg, 'k', fail)];
  if (old !== undefined && k !== undefined && old !== k)
    fail(`k is ${k}, but activation_fn_kwargs says ${old}`);
  return { kind, k: k ?? old };
}

type Said = 'none' | 'expected_average_only_in' | Normalization;

/** Versions before 3 wrote true for expected_average_only_in. */
function readNormalization(cfg: Json, fail: Fail): Said {
  const said = own(cfg, 'normalize_activations') ?? 'none';
  const value = said === true ? 'expected_average_only_in' : said === false ? 'none' : said;
  const known: readonly unknown[] = [
    'none',
    'expected_average_only_in',
    'layer_norm',
    'constant_norm_rescale',
  ];
  if (!known.includes(value))
    fail(`normalize_activations '${shown(value)}' is not read here; read: ${known.join(', ')}`);
  return value as Said;
}

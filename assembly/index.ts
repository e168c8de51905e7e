// The flat ABI (docs/abi.md): every export takes pointers and integers and owns
// no memory. The host allocates from heap_base() upwards.

/** First free byte of linear memory; everything from here up belongs to the host. */
export function heap_base(): usize { return __heap_base; }

export * from "./math/f64";
export * from "./kernels/f32_gemm_4x8";
export * from "./kernels/f32_gemm_packed_4x8";
export * from "./kernels/f32_conv_4x8";
export * from "./kernels/f32_conv1x1_4x8";
export * from "./kernels/f32_conv1x1_8x16";
export * from "./kernels/f32_winograd_6x6";
export * from "./kernels/f32_winograd_8x8";
export * from "./kernels/f32_maxpool_3x3";
export * from "./kernels/f32_avgpool";
export * from "./kernels/f32_lrn";
export * from "./kernels/f32_linear_1x16";
export * from "./kernels/f32_softmax";
export * from "./kernels/f32_image_input";
export * from "./kernels/f32_relu";
export * from "./kernels/f32_resize_triangle";
export * from "./kernels/f32_sae_pack_8";
export * from "./kernels/f32_sae_encode_4x8";
export * from "./kernels/i16_quantize_rows";
export * from "./kernels/i16_sae_screen_4x8";
export * from "./kernels/f32_dots_4";
export * from "./kernels/f32_sae_rescore";
export * from "./kernels/f32_topk_8";
export * from "./kernels/f32_kth_largest";
export * from "./kernels/f32_positive_8";
export * from "./kernels/f32_above_8";
export * from "./kernels/f32_gated_8";
export * from "./kernels/f32_jumprelu";
export * from "./kernels/f32_pow_penalty";
export * from "./kernels/f32_gather_32";
export * from "./kernels/f32_sae_decode";
export * from "./kernels/i32_csc";
export * from "./kernels/f32_sae_weight_grad";
export * from "./kernels/f32_row";
export * from "./kernels/f32_adam";
export * from "./kernels/f32_peak_12";

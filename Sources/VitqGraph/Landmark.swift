/// A value of the model that methods ask for by meaning instead of by name.
///
/// Architecture builders set them; every rewrite maps them like the outputs. Blocks count from
/// 0 in the order of execution.
package enum Landmark: Hashable, Sendable {
  /// The normalised image [3, H, W].
  case image
  /// The patch embedding [patches, C], before class token and position embedding.
  case patchTokens
  /// Post-softmax attention of a block [heads, N, N]; in windows [windows · heads, N, N] with N
  /// tokens a window, index window · heads + head.
  case attention(block: Int)
  /// Attention-weighted values of a block, heads side by side [N, C], before the projection; in
  /// windows, their rows window by window.
  case attentionOutput(block: Int)
  /// The residual stream after a block [N, C].
  case blockOutput(block: Int)
  /// The pooled feature that the classifier reads [1, C].
  case features
  /// The class scores [1, classes].
  case logits
}

extension Landmark: CustomStringConvertible {
  /// The form in archives: `attention.3`.
  package var description: String {
    switch self {
    case .image: "image"
    case .patchTokens: "patch_tokens"
    case .attention(let block): "attention.\(block)"
    case .attentionOutput(let block): "attention_output.\(block)"
    case .blockOutput(let block): "block_output.\(block)"
    case .features: "features"
    case .logits: "logits"
    }
  }

  package init?(_ description: String) {
    let parts = description.split(separator: ".", omittingEmptySubsequences: false)
    switch (parts.first, parts.count == 2 ? Int(parts[1]) : nil, parts.count) {
    case ("image", nil, 1): self = .image
    case ("patch_tokens", nil, 1): self = .patchTokens
    case ("attention", let block?, 2): self = .attention(block: block)
    case ("attention_output", let block?, 2): self = .attentionOutput(block: block)
    case ("block_output", let block?, 2): self = .blockOutput(block: block)
    case ("features", nil, 1): self = .features
    case ("logits", nil, 1): self = .logits
    default: return nil
    }
  }
}

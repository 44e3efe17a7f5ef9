/// What one block of a model gives: the residual stream behind it.
public struct BlockTokens: Sendable, Equatable {
  /// The block, counted from 0 through all stages.
  public let block: Int
  /// One for each token that the block computes, in the order of the model: class and register
  /// tokens, then patches row by row.
  ///
  /// Of a model whose residual stream was turned (recipe key `quantization.rotation.stream`) they are
  /// turned too and have mean 0: differences and angles between tokens are those of the stream less
  /// its means.
  ///
  /// The last block of a model that pools the class token computes that one only, unless it was
  /// quantized with `--full-last-block`.
  public let tokens: [[Float]]
}

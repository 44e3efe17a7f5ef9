package import VitqTensor

/// Attention priors alignment (APA): what the class token attends to is pulled to random priors.
///
/// SARDFQ, equations 6 and 7, over blocks l = S … L (counted from 1) and heads h:
///
///     L = Σ_l Σ_h (l / L) · 1/P Σ_j (A_lh[class, j] − prior_lh[j])²,   S = L / 2
///
/// In a model without other tokens than patches, whose tokens are averaged, the mean over all queries
/// takes the place of the class token's row, as in the paper's rule for Swin's windows.
///
/// P is the number of patches; the paper does not say whether its MSE is a mean over patches, but
/// its weights make sense only so. Priors are drawn once for an image.
package struct AttentionPriors: Sendable {
  /// The blocks that are aligned, counted from 0.
  package let blocks: Range<Int>
  private let blockCount: Int
  private let heads: Int
  private let rows: Int
  private let columns: Int
  /// By block of `blocks`, then head.
  private let priors: [[GaussianMixturePrior]]

  /// The blocks of a model that are aligned, counted from 0.
  package static func alignedBlocks(of blockCount: Int) -> Range<Int> {
    max(blockCount / 2 - 1, 0)..<blockCount
  }

  package init(
    blockCount: Int, heads: Int, rows: Int, columns: Int,
    total: GaussianMixturePrior.Total = .leavingAShare, _ random: inout ImageRandom
  ) {
    self.blockCount = blockCount
    self.heads = heads
    self.rows = rows
    self.columns = columns
    blocks = Self.alignedBlocks(of: blockCount)
    var drawn: [[GaussianMixturePrior]] = []
    for _ in blocks {
      drawn.append(
        (0..<heads).map { _ in
          GaussianMixturePrior(rows: rows, columns: columns, total: total, &random)
        })
    }
    priors = drawn
  }

  /// The loss of one block, and its gradient times `weight`.
  ///
  /// - Parameters:
  ///   - block: The block, counted from 0.
  ///   - attention: Its attention [heads, N, N]; the last P of the N tokens are the patches, the
  ///     first is the class token unless all are patches.
  ///   - shift: How far the image was moved, in whole patches, down and to the right.
  ///   - weight: What the loss counts in the total.
  ///   - cotangent: Receives weight · ∂L/∂attention, zeros included.
  /// - Returns: The loss, not multiplied by `weight`.
  package func loss(
    block: Int, attention: TensorView, shift: (rows: Int, columns: Int) = (0, 0),
    weight: Float, cotangent: MutableTensorView
  ) -> Double {
    let tokens = attention.shape.width
    let patches = rows * columns
    let first = tokens - patches
    let blockWeight = Double(block + 1) / Double(blockCount)
    let queryCount = first == 0 ? tokens : 1
    let share = 1 / Float(queryCount)
    let slope = Float(2 * blockWeight / Double(patches)) * weight * share
    var sum = 0.0
    cotangent.fill(0)
    for (head, prior) in priors[block - blocks.lowerBound].enumerated() {
      let start = head * tokens * tokens + first
      for row in 0..<rows {
        let sourceRow = Self.wrapped(row - shift.rows, rows)
        for column in 0..<columns {
          let sourceColumn = Self.wrapped(column - shift.columns, columns)
          let index = start + row * columns + column
          let target = prior.values[sourceRow * columns + sourceColumn]
          let queries = (0..<queryCount).lazy.map { index + $0 * tokens }
          let mean = queries.reduce(Float(0)) { $0 + attention[$1] } * share
          let difference = mean - target
          sum += Double(difference) * Double(difference)
          for query in queries { cotangent[query] = slope * difference }
        }
      }
    }
    return blockWeight * sum / Double(patches)
  }

  /// The mean over the heads of the last block's priors, [rows, columns].
  package var picture: Tensor {
    var mean = Tensor(zeros: [rows, columns])
    for prior in priors.last ?? [] {
      for (i, value) in prior.values.enumerated() { mean.elements[i] += value / Float(heads) }
    }
    return mean
  }

  private static func wrapped(_ index: Int, _ count: Int) -> Int {
    let remainder = index % count
    return remainder < 0 ? remainder + count : remainder
  }
}

extension AttentionPriors {
  /// α₁ of the paper for a model it does not name: that of the named model nearest to it.
  ///
  /// The paper gives 10⁵ for DeiT-Tiny and DeiT-Small, 10⁴ for DeiT-Base, 100 for ViT-Base and 1
  /// for ViT-Small. DeiT is told from ViT by its pixel normalisation (ImageNet's statistics
  /// against ½), the size by the width: Base is 768.
  ///
  /// - Parameters:
  ///   - width: The width of the residual stream.
  ///   - mean: The mean by which pixels are normalised.
  /// - Returns: α₁.
  package static func defaultWeight(width: Int, mean: [Float]) -> Float {
    let isPlainViT = mean.allSatisfy { $0 == 0.5 }
    let isBase = width >= 768
    return isPlainViT ? (isBase ? 100 : 1) : (isBase ? 1e4 : 1e5)
  }
}

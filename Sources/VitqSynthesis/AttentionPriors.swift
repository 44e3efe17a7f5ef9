package import VitqGraph
package import VitqTensor

/// Attention priors alignment (APA): what the class token attends to is pulled to random priors.
///
/// SARDFQ, equations 6 and 7, over blocks l = S … L (counted from 1) and heads h:
///
///     L = Σ_l Σ_h (l / L) · 1/P Σ_j (A_lh[class, j] − prior_lh[j])²
///
/// In a model without other tokens than patches, whose tokens are averaged, the mean over all queries
/// takes the place of the class token's row, as in the paper's rule for Swin's windows.
///
/// In windows, P counts the patches of a window, each window has priors of its own, and the mean
/// over windows counts. Blocks count through all stages. A shift of the image is no shift of
/// windows, so these priors stay where they are.
///
/// P is the number of patches; the paper does not say whether its MSE is a mean over patches, but
/// its weights make sense only so. Priors are drawn once for an image.
package struct AttentionPriors: ModelTerm, Sendable {
  package let name = LossName.priors
  /// α₁.
  package let weight: Float
  package let nodes: [NodeID]
  /// The blocks that are aligned, counted from 0.
  package let blocks: Range<Int>
  private let blockCount: Int
  private let weighsByDepth: Bool
  /// By block of the model.
  private let groups: [TokenGroups]
  private let followsMovement: Bool
  /// By block of `blocks`, then head of each window: the wanted attention to each patch.
  private let priors: [[[Float]]]

  /// The blocks of a model that are aligned, counted from 0; `share` is S / L.
  package static func alignedBlocks(of blockCount: Int, from share: Double) -> Range<Int> {
    min(max(Int(Double(blockCount) * share) - 1, 0), blockCount)..<blockCount
  }

  /// Draws the priors of one image.
  ///
  /// - Parameters:
  ///   - nodes: The attention of every block.
  ///   - groups: How the tokens of every block attend to each other.
  ///   - options: What priors are.
  ///   - weight: α₁.
  ///   - reference: The attention that stands for priors, by block and head, instead of mixtures.
  ///   - random: For the priors of the image.
  package init(
    nodes: [NodeID], groups: [TokenGroups],
    options: AttentionPriorOptions = AttentionPriorOptions(), weight: Float,
    reference: ReferenceAttention.Maps? = nil, _ random: inout ImageRandom
  ) {
    self.weight = weight
    self.groups = groups
    followsMovement = !groups.contains(where: \.areWindows)
    blockCount = nodes.count
    weighsByDepth = options.weighsByDepth
    blocks = Self.alignedBlocks(of: nodes.count, from: options.firstBlockShare)
    self.nodes = blocks.map { nodes[$0] }
    var drawn: [[[Float]]] = []
    for block in blocks {
      if let reference {
        drawn.append(reference[block])
        continue
      }
      let group = groups[block]
      drawn.append(
        (0..<group.count * group.heads).map { _ in
          GaussianMixturePrior(
            rows: group.rows, columns: group.columns,
            total: group.otherTokens > 0 ? .leavingAShare : .one,
            maximumComponents: options.maximumComponents,
            form: options.kind == .laplaceMixture ? .laplace : .gaussian, &random
          ).values
        })
    }
    priors = drawn
  }

  package func loss(_ site: TermSite) -> Double {
    var sum = 0.0
    for (index, block) in blocks.enumerated() {
      sum += loss(
        block: block, attention: site.values[index], movement: site.movement,
        cotangent: site.cotangents[index])
    }
    return sum
  }

  /// The loss of one block, and its gradient times the weight.
  ///
  /// - Parameters:
  ///   - block: The block, counted from 0.
  ///   - attention: Its attention [windows · heads, N, N]; the last P of the N tokens are the
  ///     patches, the first is the class token unless all are patches.
  ///   - movement: How the image was moved, in whole patches.
  ///   - cotangent: Receives weight · ∂L/∂attention, zeros included.
  /// - Returns: The loss before its weight.
  package func loss(
    block: Int, attention: TensorView, movement: Jitter, cotangent: MutableTensorView
  ) -> Double {
    let tokens = attention.shape.width
    let (rows, columns) = (groups[block].rows, groups[block].columns)
    let patches = rows * columns
    let first = tokens - patches
    let movement = followsMovement ? movement : .none
    let blockWeight =
      (weighsByDepth ? Double(block + 1) / Double(blockCount) : 1) / Double(groups[block].count)
    let queryCount = first == 0 ? tokens : 1
    let share = 1 / Float(queryCount)
    let slope = Float(2 * blockWeight / Double(patches)) * weight * share
    var sum = 0.0
    cotangent.fill(0)
    for (head, prior) in priors[block - blocks.lowerBound].enumerated() {
      let start = head * tokens * tokens + first
      for row in 0..<rows {
        for column in 0..<columns {
          let source = movement.source(row: row, column: column, rows: rows, columns: columns)
          let index = start + row * columns + column
          let target = prior[source.row * columns + source.column]
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

  /// The mean over windows and heads of the last block's priors, [rows, columns].
  package var picture: Tensor {
    var mean = Tensor(zeros: [groups.last?.rows ?? 0, groups.last?.columns ?? 0])
    let count = priors.last?.count ?? 0
    for prior in priors.last ?? [] {
      for (i, value) in prior.enumerated() { mean[i] += value / Float(count) }
    }
    return mean
  }
}

extension AttentionPriors {
  /// α₁ of the paper for a model it does not name: that of the named model nearest to it.
  ///
  /// The paper gives 10⁵ for DeiT-Tiny and DeiT-Small, 10⁴ for DeiT-Base, 100 for ViT-Base and 1
  /// for ViT-Small, 100 for Swin-Base and 10 for Swin-Small. DeiT is told from ViT by its pixel
  /// normalisation (ImageNet's statistics against ½), the size by the width: Base is 768, and 128
  /// in the first stage of Swin.
  ///
  /// - Parameters:
  ///   - width: The width of the residual stream, of the first stage.
  ///   - mean: The mean by which pixels are normalised.
  ///   - isWindowed: Whether tokens attend within windows.
  /// - Returns: α₁.
  package static func defaultWeight(width: Int, mean: [Float], isWindowed: Bool) -> Float {
    if isWindowed { return width >= 128 ? 100 : 10 }
    let isPlainViT = mean.allSatisfy { $0 == 0.5 }
    let isBase = width >= 768
    return isPlainViT ? (isBase ? 100 : 1) : (isBase ? 1e4 : 1e5)
  }
}

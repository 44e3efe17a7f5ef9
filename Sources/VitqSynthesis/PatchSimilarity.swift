import VitqAutodiff
package import VitqGraph
import VitqTensor

/// The entropy of the similarity of patches in every block, made large: PSAQ-ViT's.
///
/// With u_i the attention-weighted value of patch i, averaged over the heads as PSAQ-ViT's code
/// does (its paper sets them side by side), and E as in ``DensityEntropy``,
///
///     L = −Σ_l E({cos(u_i, u_j) for all i, j})
///
/// In windows the similarities are those of pairs in one window, without its first token, as in
/// the code. The code takes the ends of the estimate from a batch of images; here they are those
/// of one image, as images are independent.
package struct PatchSimilarity: ModelTerm {
  package let name = LossName.similarity
  package let weight: Float = 1
  package let nodes: [NodeID]
  private let blocks: [Block]
  private let bandwidth: Float

  private let ends: ClosedRange<Float>?

  /// - Parameters:
  ///   - nodes: The attention-weighted values of every block.
  ///   - groups: The tokens of every block.
  ///   - bandwidth: h of the estimate.
  ///   - ends: The ends of the estimate; the smallest and the largest similarity if `nil`.
  package init(
    nodes: [NodeID], _ groups: [TokenGroups], bandwidth: Float = 0.01,
    ends: ClosedRange<Float>? = nil
  ) {
    self.nodes = nodes
    blocks = groups.map(Block.init)
    self.bandwidth = bandwidth
    self.ends = ends
  }

  package func loss(_ site: TermSite) -> Double {
    var loss = 0.0
    for (index, block) in blocks.enumerated() {
      loss -= block.entropy(
        site.values[index], cotangent: site.cotangents[index], bandwidth: bandwidth, ends)
    }
    return loss
  }
}

/// The memory of one block's term.
private struct Block {
  private let groups: TokenGroups
  private let arena: Arena
  /// The units u / |u| of the tokens of each group, [groups, T, d].
  private let units: MutableTensorView
  private let unitCotangents: MutableTensorView
  /// Cosines of each group, [groups, T, T].
  private let cosines: MutableTensorView
  /// −∂E/∂cosine of each.
  private let slopes: MutableTensorView
  /// 1 / |u|, 0 for tokens of no length.
  private let inverseLengths: MutableTensorView

  init(_ groups: TokenGroups) {
    self.groups = groups
    let (count, tokens, depth) = (groups.count, groups.comparedTokens, groups.headWidth)
    let unitCount = count * tokens * depth
    arena = Arena(elementCount: 2 * unitCount + count * tokens * (2 * tokens + 1))
    units = arena.view(at: 0, [count, tokens, depth])
    unitCotangents = arena.view(at: unitCount, [count, tokens, depth])
    cosines = arena.view(at: 2 * unitCount, [count, tokens, tokens])
    slopes = arena.view(
      at: 2 * unitCount + count * tokens * tokens, [count, tokens, tokens])
    inverseLengths = arena.view(
      at: 2 * unitCount + 2 * count * tokens * tokens, [count * tokens])
  }

  /// E; `cotangent` receives −∂E/∂values.
  func entropy(
    _ values: TensorView, cotangent: MutableTensorView, bandwidth: Float,
    _ ends: ClosedRange<Float>?
  ) -> Double {
    normalize(values)
    for group in 0..<groups.count {
      let matrix = units.view.matrix(group)
      MatrixMultiply.multiply(matrix, matrix.transposed, into: cosines.matrix(group))
    }
    // The estimate leaves out what is no number; the loss must not.
    guard VectorKernels.current.sum(cosines.view).isFinite else {
      cotangent.fill(0)
      return .nan
    }
    let (lowest, highest) = cosines.elements.reduce((Float.infinity, -Float.infinity)) {
      (min($0.0, $1), max($0.1, $1))
    }
    let estimate = DensityEntropy(
      of: cosines.view, over: ends ?? lowest...max(lowest, highest), bandwidth: bandwidth)
    estimate.slopes(cosines.view, scale: -1, into: slopes)
    let tokens = groups.comparedTokens
    for group in 0..<groups.count {
      // The cosine of a patch with itself is always 1.
      for i in 0..<tokens { slopes[(group * tokens + i) * tokens + i] = 0 }
      // A cosine is that of (i, j) and of (j, i).
      MatrixMultiply.multiply(
        slopes.view.matrix(group), units.view.matrix(group), scale: 2,
        into: unitCotangents.matrix(group))
    }
    pullBack(into: cotangent)
    return estimate.entropy
  }

  private func normalize(_ values: TensorView) {
    let (heads, depth) = (groups.heads, groups.headWidth)
    let (source, target) = (values.elements, units.elements)
    let share = 1 / Float(heads)
    groups.forEachComparedToken { token, row in
      let (from, to) = (row * heads * depth, token * depth)
      var squares: Float = 0
      for k in 0..<depth {
        var sum: Float = 0
        for head in 0..<heads { sum += source[from + head * depth + k] }
        target[to + k] = sum * share
        squares += sum * share * sum * share
      }
      let inverse = squares > 0 ? 1 / squares.squareRoot() : 0
      inverseLengths[token] = inverse
      for k in 0..<depth { target[to + k] *= inverse }
    }
  }

  /// ∂u = (∂n − n (n · ∂n)) / |u|, a share of it to each head.
  private func pullBack(into cotangent: MutableTensorView) {
    let (heads, depth) = (groups.heads, groups.headWidth)
    let (unit, slope, target) = (units.elements, unitCotangents.elements, cotangent.elements)
    cotangent.fill(0)
    groups.forEachComparedToken { token, row in
      let (from, to) = (token * depth, row * heads * depth)
      var along: Float = 0
      for k in 0..<depth { along += unit[from + k] * slope[from + k] }
      let share = inverseLengths[token] / Float(heads)
      for k in 0..<depth {
        let value = (slope[from + k] - unit[from + k] * along) * share
        for head in 0..<heads { target[to + head * depth + k] = value }
      }
    }
  }
}

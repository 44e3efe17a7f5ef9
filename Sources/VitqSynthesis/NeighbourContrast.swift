import VitqAutodiff
package import VitqGraph
import VitqTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A patch is made like the nearest of its neighbours and unlike the others: after CLAMP-ViT.
///
/// With u_i the attention-weighted value of patch i, all heads side by side, s_ij = cos(u_i, u_j),
/// j over the at most 8 neighbours of i and Pos_i the 4 of them (all but one, if fewer) most like
/// it,
///
///     L = −1/(L N) Σ_l Σ_i ln( Σ_{j ∈ Pos_i} e^{s_ij / τ} / Σ_j e^{s_ij / τ} ),   τ = 0.1
///
/// CLAMP-ViT published no generator: the neighbourhood and the positives are the paper's, the
/// form of the loss and τ are a reconstruction. Pos_i is not differentiated.
package struct NeighbourContrast: ModelTerm {
  private static let temperature: Float = 0.1
  private static let positives = 4

  package let name = LossName.contrast
  package let weight: Float = 1
  package let nodes: [NodeID]
  private let groups: [TokenGroups]
  private let arena: Arena
  private let units: MutableTensorView
  private let cotangents: MutableTensorView

  package init(nodes: [NodeID], _ groups: [TokenGroups]) {
    self.nodes = nodes
    self.groups = groups
    let count = groups.map { $0.count * $0.tokens * $0.heads * $0.headWidth }.max() ?? 0
    arena = Arena(elementCount: 2 * count)
    units = arena.view(at: 0, [count])
    cotangents = arena.view(at: count, [count])
  }

  package func loss(_ site: TermSite) -> Double {
    var loss = 0.0
    for (index, groups) in groups.enumerated() {
      loss += self.loss(
        groups, site.values[index], cotangent: site.cotangents[index])
    }
    return loss
  }

  /// The share of one block.
  private func loss(
    _ groups: TokenGroups, _ values: TensorView, cotangent: MutableTensorView
  ) -> Double {
    let width = groups.heads * groups.headWidth
    let (source, unit, slope) = (values.elements, units.elements, cotangents.elements)
    let rowCount = groups.count * groups.tokens
    for row in 0..<rowCount {
      let start = row * width
      let length = Self.dot(source, start, source, start, width).squareRoot()
      let inverse = length > 0 ? 1 / length : 0
      for k in 0..<width {
        unit[start + k] = source[start + k] * inverse
        slope[start + k] = 0
      }
    }
    let patchCount = groups.count * groups.rows * groups.columns
    let share = 1 / Double(self.groups.count * patchCount)
    var loss = 0.0
    for group in 0..<groups.count {
      for row in 0..<groups.rows {
        for column in 0..<groups.columns {
          loss += share * pull(groups, group, row, column, share: Float(share))
        }
      }
    }
    let target = cotangent.elements
    for row in 0..<rowCount {
      let start = row * width
      let length = Self.dot(source, start, source, start, width).squareRoot()
      let inverse = length > 0 ? weight / length : 0
      let along = Self.dot(
        UnsafeBufferPointer(unit), start, UnsafeBufferPointer(slope), start, width)
      for k in 0..<width {
        target[start + k] = (slope[start + k] - unit[start + k] * along) * inverse
      }
    }
    return loss
  }

  /// The loss of one patch; adds `share` times its gradient by the units.
  private func pull(
    _ groups: TokenGroups, _ group: Int, _ row: Int, _ column: Int, share: Float
  ) -> Double {
    let width = groups.heads * groups.headWidth
    let (unit, slope) = (UnsafeBufferPointer(units.elements), cotangents.elements)
    func start(_ row: Int, _ column: Int) -> Int {
      let patch = groups.otherTokens + row * groups.columns + column
      return (group * groups.tokens + patch) * width
    }
    let here = start(row, column)
    var neighbours: [(start: Int, power: Float)] = []
    neighbours.reserveCapacity(8)
    for i in max(row - 1, 0)...min(row + 1, groups.rows - 1) {
      for j in max(column - 1, 0)...min(column + 1, groups.columns - 1)
      where (i, j) != (row, column) {
        let there = start(i, j)
        let cosine = Self.dot(unit, here, unit, there, width)
        // Cosines are at most 1, so that no power overflows.
        neighbours.append((there, expf((cosine - 1) / Self.temperature)))
      }
    }
    guard neighbours.count > 1 else { return 0 }
    // Equal ones stay in their order: `start` breaks ties.
    neighbours.sort { ($1.power, $0.start) < ($0.power, $1.start) }
    let positiveCount = min(Self.positives, neighbours.count - 1)
    let positive = neighbours[..<positiveCount].reduce(Float(0)) { $0 + $1.power }
    let all = neighbours.reduce(Float(0)) { $0 + $1.power }
    for (rank, neighbour) in neighbours.enumerated() {
      let wanted = rank < positiveCount ? neighbour.power / positive : 0
      let factor = share / Self.temperature * (neighbour.power / all - wanted)
      for k in 0..<width {
        slope[here + k] += factor * unit[neighbour.start + k]
        slope[neighbour.start + k] += factor * unit[here + k]
      }
    }
    return -log(Double(positive) / Double(all))
  }

  private static func dot(
    _ a: UnsafeBufferPointer<Float>, _ i: Int, _ b: UnsafeBufferPointer<Float>, _ j: Int,
    _ count: Int
  ) -> Float {
    var sum: Float = 0
    for k in 0..<count { sum += a[i + k] * b[j + k] }
    return sum
  }
}

import Foundation
import Testing
import VitqAutodiff
import VitqGraph
import VitqSynthesis
import VitqTensor
import VitqTestSupport

/// The terms that compare patches, against central differences and by hand.
struct PatchTermTests {
  /// A class token and six patches; two windows of four patches.
  private static let groups = [
    TokenGroups(
      count: 1, tokens: 7, heads: 2, headWidth: 3, otherTokens: 1, rows: 2, columns: 3),
    TokenGroups(
      count: 2, tokens: 4, heads: 2, headWidth: 3, otherTokens: 0, rows: 2, columns: 2),
  ]

  private func checkGradient(
    of term: some ModelTerm, _ groups: TokenGroups, seed: UInt64
  ) {
    let rows = groups.count * groups.tokens
    let shape: Shape = [rows, groups.heads * groups.headWidth]
    let (arena, views) = Arena.views(shape, shape)
    var generator = SplitMix64(seed: seed)
    views[0].copyRounded(from: generator.floats(shape.elementCount))
    func loss() -> Double {
      term.loss(TermSite(values: [views[0].view], cotangents: [views[1]]))
    }
    let expected = CentralDifference.gradient(at: views[0], of: loss)
    _ = loss()
    #expect(views[1].array.contains { abs($0) > 0.01 })
    #expect(Tolerance.finiteDifference.accepts(views[1].array, expected))
    withExtendedLifetime(arena) {}
  }

  @Test(arguments: 0..<2)
  func similarityHasItsGradient(_ index: Int) {
    let groups = Self.groups[index]
    checkGradient(
      of: PatchSimilarity(
        nodes: [NodeID(index: 0)], [groups], bandwidth: 0.4, ends: -1...1), groups, seed: 4)
  }

  @Test(arguments: 0..<2)
  func contrastHasItsGradient(_ index: Int) {
    let groups = Self.groups[index]
    checkGradient(
      of: NeighbourContrast(nodes: [NodeID(index: 0)], [groups]), groups, seed: 5)
  }

  @Test(arguments: [0.01, 0.05, 0.5])
  func entropyIsThatOfItsFormula(_ bandwidth: Double) {
    var generator = SplitMix64(seed: 6)
    let numbers = generator.floats(200)
    let (lowest, highest) = (numbers.min() ?? 0, numbers.max() ?? 0)
    let tensor = Tensor([200], numbers)
    let estimate = tensor.withView {
      DensityEntropy(of: $0, over: lowest...highest, bandwidth: Float(bandwidth))
    }
    var slopes = Tensor(zeros: [200])
    tensor.withView { numbers in slopes.withMutableView { estimate.slopes(numbers, into: $0) } }
    func entropy(_ numbers: [Double]) -> Double {
      let spacing = (Double(highest) - Double(lowest)) / 9
      return (0..<10).reduce(0.0) { sum, k in
        let t = Double(lowest) + Double(k) * spacing
        let density = numbers.reduce(0.0) {
          $0 + exp(-(t - $1) * (t - $1) / (2 * bandwidth * bandwidth))
            / (bandwidth * (2 * .pi).squareRoot() * Double(numbers.count))
        }
        let width = spacing * (k == 0 || k == 9 ? 0.5 : 1)
        return sum - width * (density + 1e-4) * log(density + 1e-4)
      }
    }
    let all = numbers.map(Double.init)
    #expect(Tolerance.rounding.accepts([Float(estimate.entropy)], [Float(entropy(all))]))
    for index in stride(from: 0, to: 200, by: 20) {
      var (above, below) = (all, all)
      above[index] += 1e-6
      below[index] -= 1e-6
      let slope = (entropy(above) - entropy(below)) / 2e-6
      #expect(
        Tolerance.centralDifference.accepts([slopes.elements[index]], [Float(slope)]))
    }
  }

  /// Patches that are all alike have no entropy, and patches of no length no direction.
  @Test(arguments: [Float(0), 1])
  func constantPatchesAreNoDivisionByZero(_ value: Float) {
    let (arena, views) = Arena.views([7, 6], [7, 6])
    views[0].fill(value)
    let nodes = [NodeID(index: 0)]
    let terms: [any ModelTerm] = [
      PatchSimilarity(nodes: nodes, [Self.groups[0]]),
      NeighbourContrast(nodes: nodes, [Self.groups[0]]),
    ]
    for term in terms {
      let loss = term.loss(TermSite(values: [views[0].view], cotangents: [views[1]]))
      #expect(loss.isFinite && views[1].array.allSatisfy(\.isFinite))
    }
    withExtendedLifetime(arena) {}
  }

  @Test func patchesThatAreNoNumbersGiveNoNumber() {
    let (arena, views) = Arena.views([7, 6], [7, 6])
    for value in [Float.nan, .infinity] {
      views[0].fill(1)
      views[0][20] = value
      for term in [
        PatchSimilarity(nodes: [NodeID(index: 0)], [Self.groups[0]]) as any ModelTerm,
        NeighbourContrast(nodes: [NodeID(index: 0)], [Self.groups[0]]),
      ] {
        let loss = term.loss(TermSite(values: [views[0].view], cotangents: [views[1]]))
        #expect(!loss.isFinite)
      }
    }
    withExtendedLifetime(arena) {}
  }

  /// Four patches in a square, three neighbours each, of which the two most alike are positive:
  /// with all cosines equal the loss is ln(3 / 2).
  @Test func contrastOfEqualPatches() {
    let (arena, views) = Arena.views([8, 6], [8, 6])
    views[0].fill(2)
    let loss = NeighbourContrast(nodes: [NodeID(index: 0)], [Self.groups[1]])
      .loss(TermSite(values: [views[0].view], cotangents: [views[1]]))
    #expect(Tolerance.rounding.accepts([Float(loss)], [0.405465]))
    withExtendedLifetime(arena) {}
  }
}
